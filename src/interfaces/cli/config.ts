import { ConfigError, formatConfigProblem } from '../../config/config-error.ts';
import { takeConfigFlags } from '../../config/flag-source.ts';
import { type ConfigInputs, type LoadedConfig, loadConfig } from '../../config/load.ts';
import { type Config, definitionOf, type Key, keys } from '../../config/schema.ts';
import { explainKey, explanationLines, nearestKey } from './config-explain.ts';
import { type CliIo, EXIT, Interrupted, UsageError } from './io.ts';
import { createTableWriter } from './table.ts';

/** What one dependency answered; `CliDeps` says how it is tried. */
export interface CheckedConnection {
  readonly dependency: string;
  readonly address: string;
  readonly needed: boolean;
  readonly ok: boolean;
  readonly seen: Readonly<Record<string, string | number | boolean>>;
  readonly problem?: string;
}

/** Output of the `config` commands, and their configuration sources. */
export interface ConfigCommandIo extends Omit<ConfigInputs, 'flags'> {
  /** Tries every configured dependency, in a bounded time. */
  readonly checkConnections?: (config: Config) => Promise<readonly CheckedConnection[]>;
  /** Aborted by Ctrl-C, which ends the wait for the dependencies. */
  readonly signal?: AbortSignal;
  /** Writes one line. */
  stdout(line: string): void;
  /** Writes one line. */
  stderr(line: string): void;
  /** As in `CliIo`. */
  readonly tableColumns?: CliIo['tableColumns'];
}

const UNSET = '(unset)';

/**
 * Runs `config print [--changed] [--wide] [--json]`: prints every key with its effective value and its source, or only
 * those that a source sets. Secrets print as `[secret]`.
 * @param args the arguments after `print`
 * @returns the exit code
 * @throws UsageError
 */
export async function runConfigPrint(
  args: readonly string[],
  io: ConfigCommandIo,
): Promise<number> {
  const { flags, rest } = takeConfigFlags(args);
  if (rest.some((argument) => !['--json', '--changed', '--wide'].includes(argument))) {
    throw new UsageError('config print takes --changed, --wide, --json and flags of keys.');
  }
  const loaded = await load({ ...io, flags }, io);
  if (typeof loaded === 'number') return loaded;
  for (const warning of loaded.warnings) io.stderr(`warning: ${warning}`);
  const shown = rest.includes('--changed') ? keys.filter((key) => isSet(loaded, key)) : keys;
  if (rest.includes('--json')) io.stdout(toJson(loaded, shown));
  else if (shown.length === 0) io.stderr('Every key has its default.');
  else writeTable(loaded, shown, { ...io, wide: rest.includes('--wide') });
  return EXIT.done;
}

/**
 * Runs `config check [--connect] [--json]`: prints one line for a valid configuration, else every error. With
 * `--connect` it also tries every configured dependency and prints what it saw.
 * @param args the arguments after `check`
 * @returns the exit code: 0 valid, 1 invalid or a needed dependency cannot be used, 2 for a wrong flag of a key
 * @throws UsageError, Interrupted
 */
export async function runConfigCheck(
  args: readonly string[],
  io: ConfigCommandIo,
): Promise<number> {
  const { flags, rest } = takeConfigFlags(args);
  if (rest.some((argument) => argument !== '--json' && argument !== '--connect')) {
    throw new UsageError('config check takes --connect, --json and flags of keys.');
  }
  const json = rest.includes('--json');
  try {
    const { config, warnings } = await loadConfig({ ...io, flags });
    if (!json) {
      for (const warning of warnings) io.stderr(`warning: ${warning}`);
      io.stdout('The configuration is valid.');
    }
    const connections = rest.includes('--connect')
      ? await untilInterrupted(io.checkConnections?.(config), io.signal)
      : undefined;
    const ok = connections?.every((connection) => connection.ok || !connection.needed) ?? true;
    if (json) io.stdout(JSON.stringify({ ok, faults: [], warnings, connections }));
    else for (const line of connectionLines(connections)) io.stdout(line);
    return ok ? EXIT.done : EXIT.failed;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (json) {
      const { problems: faults, warnings } = error;
      io.stdout(JSON.stringify({ ok: false, faults, warnings }));
    } else reportProblems(error, io);
    return exitCodeOf(error);
  }
}

/** The work is not stopped: the process ends after the command. */
async function untilInterrupted<T>(work: Promise<T> | undefined, signal?: AbortSignal) {
  const interrupted = new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Interrupted()), { once: true });
  });
  return await Promise.race([work, interrupted]);
}

function connectionLines(connections: readonly CheckedConnection[] | undefined): string[] {
  if (connections === undefined) return [];
  if (connections.length === 0) return ['No dependency is configured: nothing to connect to.'];
  return connections.map(({ dependency, address, needed, ok, seen, problem }) => {
    const state = ok ? 'ok' : needed ? 'FAILED' : 'failed, not needed to start';
    const facts = Object.entries(seen).map(([name, value]) => `${name} ${value}`);
    const details = [...(problem === undefined ? [] : [problem]), ...facts].join(', ');
    return `${dependency} at ${address}: ${state}${details === '' ? '' : `: ${details}`}`;
  });
}

/**
 * Runs `config explain KEY [--json]`: prints the meaning, type, default, environment variables and flag of a key.
 * @param args the arguments after `explain`; the key may be spelt as its variable or its flag
 * @returns the exit code
 * @throws UsageError, also for text that is no key
 */
export function runConfigExplain(
  args: readonly string[],
  io: Pick<ConfigCommandIo, 'stdout'>,
): number {
  const [name, ...others] = args.filter((argument) => argument !== '--json');
  if (name === undefined || others.length > 0) {
    throw new UsageError('config explain takes one key.');
  }
  const explanation = explainKey(name);
  if (explanation === undefined) {
    const close = nearestKey(name);
    const hint =
      close === undefined ? '`user-service config print` lists them' : `did you mean ${close}?`;
    throw new UsageError(`there is no such key; ${hint}`);
  }
  if (args.includes('--json')) io.stdout(JSON.stringify(explanation));
  else for (const line of explanationLines(explanation)) io.stdout(line);
  return EXIT.done;
}

/** @returns the exit code after it reported errors */
async function load(inputs: ConfigInputs, io: ConfigCommandIo): Promise<LoadedConfig | number> {
  try {
    return await loadConfig(inputs);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    reportProblems(error, io);
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: ConfigError): number {
  return error.isWrongUsage ? EXIT.wrongUsage : EXIT.failed;
}

function isSet(loaded: LoadedConfig, key: Key): boolean {
  return !['default', 'derived'].includes(sourceOf(loaded, key));
}

function reportProblems(error: ConfigError, io: ConfigCommandIo): void {
  for (const problem of error.problems) io.stderr(formatConfigProblem(problem));
  for (const warning of error.warnings) io.stderr(`warning: ${warning}`);
}

/** The value in the form of the file; undefined if the key has none. */
function format(loaded: LoadedConfig, key: Key): unknown {
  const value: unknown = loaded.values[key];
  return value === undefined ? undefined : definitionOf(key).kind.format(value);
}

function sourceOf(loaded: LoadedConfig, key: Key): string {
  return loaded.sources.get(key) ?? 'default';
}

function toJson(loaded: LoadedConfig, shown: readonly Key[]): string {
  const entries = shown.map((key) => [
    key,
    { value: format(loaded, key) ?? null, source: sourceOf(loaded, key) },
  ]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function writeTable(
  loaded: LoadedConfig,
  shown: readonly Key[],
  { stdout, tableColumns, wide }: ConfigCommandIo & { readonly wide: boolean },
): void {
  const rows = shown.map((key) => {
    const value = format(loaded, key);
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? UNSET);
    return [key, text, sourceOf(loaded, key)];
  });
  createTableWriter(['KEY', 'VALUE', 'SOURCE'], { stdout, tableColumns }, { wide }).write(rows);
}
