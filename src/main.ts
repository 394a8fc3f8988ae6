import { readFileSync } from 'node:fs';
import { constants, userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { App, createLogger as CreateLogger, ReadyInfo } from './app/app.ts';
import { causeOfStartFailure, describeStartFailure } from './app/start-error.ts';
import { keepYoungGenerationSmall } from './app/young-generation.ts';
import { ConfigError } from './config/config-error.ts';
import { takeConfigFlags } from './config/flag-source.ts';
import { type ConfigInputs, type LoadedConfig, loadConfig, threadPoolSize } from './config/load.ts';
import type { Config } from './config/schema.ts';
import type { CliDeps } from './interfaces/cli/cli-deps.ts';
import { AlreadyReported, CommandFailure, EXIT, UsageError } from './interfaces/cli/io.ts';
import { createProcessIo } from './interfaces/cli/process-io.ts';

// Loaded on demand: a command starts without the service's own modules, and the service without those of the commands.
const loadApp = () => import('./app/app.ts');
const loadTargets = () => import('./app/operator-target.ts');
const loadOperatorAccess = () => import('./app/operator-access.ts');
const loadConfigCommands = () => import('./interfaces/cli/config.ts');
const checkConnections = async (config: Config) =>
  (await import('./app/check-connections.ts')).checkConnections(config);

/** The modules of mail templates are loaded only if a folder of them is configured. */
const findMailTemplateFaults: ConfigInputs['findMailTemplateFaults'] = async (settings) =>
  (await import('./app/mail-templates.ts')).findMailTemplateFaults(settings);

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };
const { flags, rest } = takeConfigFlags(process.argv.slice(2));
type Logger = ReturnType<typeof CreateLogger>;

/** Signals that stop the program in order. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const;
/** A second one of these ends it at once. A terminal that closes sends SIGHUP twice: from the shell and the kernel. */
const URGENT: readonly string[] = ['SIGINT', 'SIGTERM'];

const interrupted = new AbortController();
let stopSignal: (typeof STOP_SIGNALS)[number] = 'SIGINT';
const io = createProcessIo(process, interrupted.signal);

for (const signal of STOP_SIGNALS) {
  process.on(signal, () => {
    // The exit code that shells give for the signal.
    if (interrupted.signal.aborted && URGENT.includes(signal))
      process.exit(128 + constants.signals[signal]);
    stopSignal = signal;
    interrupted.abort();
  });
}

const configFlags = flags.map(({ name, value }) =>
  value === undefined ? `--${name}` : `--${name}=${value}`,
);
const deps: CliDeps = {
  version,
  io,
  cwd: process.cwd(),
  signal: interrupted.signal,
  operatorName,
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  serve,
  openOperator: async (target) =>
    await (await loadTargets()).openOperator(target, { load: loadConfigOnly, version }),
  localService: async () => (await loadTargets()).localService(await loadConfigOnly()),
  tailOutbox: async (...args) => (await loadOperatorAccess()).tailOutbox(...args),
  async migrate(args) {
    const { createMigration, openMigrator, openSchemaReader } = await loadOperatorAccess();
    const { runMigrate } = await import('./interfaces/cli/migrate.ts');
    return await runMigrate(args, io, {
      open: async (log) => openMigrator((await load()).config, log),
      openReader: async () => openSchemaReader((await load()).config),
      create: (name) => createMigration(process.cwd(), name),
    });
  },
  async configPrint(args) {
    // A failure has the form of all commands.
    if (args.includes('--json')) await load();
    return await (await loadConfigCommands()).runConfigPrint([...args, ...configFlags], io);
  },
  configCheck: async (args) =>
    await (await loadConfigCommands()).runConfigCheck([...args, ...configFlags], {
      ...io,
      checkConnections,
      findMailTemplateFaults,
      signal: interrupted.signal,
    }),
  configExplain: async (args) => (await loadConfigCommands()).runConfigExplain(args, io),
  async mirrorDatabaseUrl() {
    const { readMirrorDatabaseUrl } = await import('./config/mirror-database-url.ts');
    return await readMirrorDatabaseUrl().catch((error: Error) => {
      throw new CommandFailure(error.message);
    });
  },
  async openMailPreviews() {
    const { config } = await load();
    return (await import('./app/mail-preview.ts')).openMailPreviews(config.mail);
  },
  async hashingCapacity() {
    const { hashingCapacity } = await import('./app/hashing-capacity.ts');
    return hashingCapacity((await load()).config);
  },
};

/** An account without an entry in the user database has no name. */
function operatorName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

/** How long the log of a service that has stopped may wait for its reader. The output of other commands waits longer. */
const LOG_FLUSH_MS = 1_000;
let isService = false;

// The exit is explicit: an open handle of a dependency must not keep a finished command alive. `exit` drops output that
// is still buffered, so wait for it first, also for a slow reader.
const result = await run(rest);
const exitCode = result === EXIT.interrupted ? 128 + constants.signals[stopSignal] : result;
if (isService) setTimeout(() => process.exit(exitCode), LOG_FLUSH_MS);
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(exitCode);

/**
 * Runs a command line without flags of the configuration. `serve` alone, the default command, has no arguments to parse:
 * the service starts without the modules of the command line.
 * @returns the exit code
 */
async function run(argv: readonly string[]): Promise<number> {
  const isPlainServe = argv.length === 0 || (argv.length === 1 && argv[0] === 'serve');
  if (!isPlainServe) return await (await import('./interfaces/cli/program.ts')).runCli(deps, argv);
  try {
    return await serve();
  } catch (error) {
    const { reportFailure } = await import('./interfaces/cli/report-failure.ts');
    return reportFailure(error, { io, interrupted: interrupted.signal.aborted, json: false });
  }
}

/** Resolves when the stream has written everything, or cannot write any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0 || stream.destroyed || stream.errored !== null) resolve();
    else stream.write('', () => resolve());
  });
}

/** @throws CommandFailure, or UsageError for a wrong flag, that lists every error */
async function load(): Promise<LoadedConfig> {
  try {
    return await loadConfig({ flags, findMailTemplateFaults });
  } catch (error) {
    if (error instanceof ConfigError) {
      if (error.isWrongUsage) throw new UsageError(error.message);
      throw new CommandFailure(error.message, {
        code: 'configuration_invalid',
        errors: error.problems,
      });
    }
    throw error;
  }
}

async function loadConfigOnly(): Promise<Config> {
  return (await load()).config;
}

/** Without a terminal, the faults have the form of the log, like every other reason not to start. */
async function loadForService(): Promise<LoadedConfig> {
  try {
    return await load();
  } catch (error) {
    if (process.stderr.isTTY === true || !(error instanceof CommandFailure)) throw error;
    const { createLogger } = await loadApp();
    const logger = createLogger({ level: 'error', format: 'json' }, process.stderr);
    logger.error('could not start: the configuration has errors', {
      faults: error.message
        .split('\n')
        .slice(1)
        .map((fault) => fault.trim()),
    });
    throw new AlreadyReported();
  }
}

async function serve(): Promise<number> {
  const { config, warnings } = await loadForService();
  isService = true;
  // The log counts the lines that fail; the listener of the commands ends the process for some errors.
  process.stdout.removeAllListeners('error');
  // The embedded database is for one small service, where memory counts more than requests a second.
  if (config.database.driver === 'embedded') keepYoungGenerationSmall();
  const { openLog } = await import('./app/log.ts');
  const { createApp } = await loadApp();
  const log = openLog(config.logging, process.stdout, (error) =>
    io.stderr(`The log cannot be written (${error.code}); the service continues without it.`),
  );
  const { logger } = log;
  for (const warning of warnings) logger.warn('configuration', { warning });
  process.on('uncaughtException', (error) => {
    logger.error('uncaught error, the process ends', { error });
    process.exit(EXIT.failed);
  });
  const { signal } = interrupted;
  onAbort(signal, () => exitAfter(config.server.shutdownTimeoutMs, logger));
  let app: App | undefined;
  try {
    app = await createApp({
      config,
      logger,
      requestLog: log.requestLog,
      logOutput: log.output,
      version,
      threadPoolSize: threadPoolSize(),
      signal,
    });
    signal.throwIfAborted();
    await announce(await app.listen(), { app, config, logger });
  } catch (error) {
    if (!signal.aborted)
      logger.error(`could not start: ${describeStartFailure(error)}`, {
        cause: causeOfStartFailure(error),
      });
    else logger.info('stopped before it was ready');
    const clean = await app?.stop();
    return signal.aborted && clean !== false ? EXIT.done : EXIT.failed;
  }
  await new Promise<void>((resolve) => onAbort(signal, resolve));
  logger.info('stopping');
  const clean = await app.stop();
  logger.info('stopped');
  return clean ? EXIT.done : EXIT.failed;
}

async function announce(
  ready: ReadyInfo,
  { app, config, logger }: { app: App; config: LoadedConfig['config']; logger: Logger },
): Promise<void> {
  // The first start on an embedded database makes the first key.
  const newDatabase = ready.newServiceKey === null ? null : resolve(config.database.path);
  if (process.stdout.isTTY === true) {
    const { readyText } = await import('./interfaces/cli/ready-text.ts');
    io.stdout(readyText({ ...ready, newDatabase, hasUsers: await hasUsers(app) }));
    return;
  }
  const fields = {
    ...readyFields(ready),
    ...(newDatabase === null ? {} : { new_database: newDatabase }),
  };
  logger.info('ready', { ...fields, try: `curl ${ready.url}/health` });
}

/** Asks the service itself; a refusal counts as no user. */
async function hasUsers(app: App): Promise<boolean> {
  const operator = await app.operator();
  const response = await operator.inject({ method: 'GET', url: '/v1/users?limit=1' });
  const body = response.statusCode === 200 ? response.json<{ users?: unknown[] }>() : {};
  return (body.users?.length ?? 0) > 0;
}

/** Exits the process if it has not stopped by then. */
function exitAfter(timeoutMs: number, logger: Logger): void {
  setTimeout(() => {
    logger.error('did not stop in time', { timeout_ms: timeoutMs });
    process.exit(EXIT.failed);
  }, timeoutMs).unref();
}

function onAbort(signal: AbortSignal, listener: () => void): void {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
}

/** The fields of the log line; a new service key is shown on a terminal only. */
function readyFields(ready: ReadyInfo): Readonly<Record<string, unknown>> {
  return {
    url: ready.url,
    docs: `${ready.url}/docs`,
    ...ready.drivers,
    ...(ready.serviceKeyFile === null ? {} : { first_start_file: ready.serviceKeyFile }),
  };
}
