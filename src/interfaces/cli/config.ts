import { ConfigError, formatConfigProblem } from '../../config/config-error.ts';
import { takeConfigFlags } from '../../config/flag-source.ts';
import { type ConfigInputs, type LoadedConfig, loadConfig } from '../../config/load.ts';
import { type Config, definitionOf, type Key, keys } from '../../config/schema.ts';
import { explainKey, explanationLines, nearestKey } from './config-explain.ts';
import { EXIT } from './io.ts';

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
  /** Writes one line. */
  stdout(line: string): void;
  /** Writes one line. */
  stderr(line: string): void;
}

const UNSET = '(unset)';

const SOURCES_USAGE = '[--json] [--config FILE] [--KEY VALUE]...';

/**
 * Runs `config print [--changed] [--json]`: prints every key with its effective value and its source, or only those
 * that a source sets. Secrets print as `[secret]`.
 * @param args the arguments after `print`
 * @returns the exit code
 */
export async function runConfigPrint(
  args: readonly string[],
  io: ConfigCommandIo,
): Promise<number> {
  const { flags, rest } = takeConfigFlags(args);
  if (rest.some((argument) => argument !== '--json' && argument !== '--changed')) {
    io.stderr(`usage: user-service config print [--changed] ${SOURCES_USAGE}`);
    return EXIT.wrongUsage;
  }
  const loaded = await load({ ...io, flags }, io);
  if (typeof loaded === 'number') return loaded;
  for (const warning of loaded.warnings) io.stderr(`warning: ${warning}`);
  const shown = rest.includes('--changed') ? keys.filter((key) => isSet(loaded, key)) : keys;
  if (rest.includes('--json')) io.stdout(toJson(loaded, shown));
  else if (shown.length === 0) io.stderr('Every key has its default.');
  else for (const line of toTable(loaded, shown)) io.stdout(line);
  return EXIT.done;
}

/**
 * Runs `config check [--connect] [--json]`: prints one line for a valid configuration, else every error. With
 * `--connect` it also tries every configured dependency and prints what it saw.
 * @param args the arguments after `check`
 * @returns the exit code: 0 valid, 1 invalid or a needed dependency cannot be used, 2 wrong usage
 */
export async function runConfigCheck(
  args: readonly string[],
  io: ConfigCommandIo,
): Promise<number> {
  const { flags, rest } = takeConfigFlags(args);
  if (rest.some((argument) => argument !== '--json' && argument !== '--connect')) {
    io.stderr(`usage: user-service config check [--connect] ${SOURCES_USAGE}`);
    return EXIT.wrongUsage;
  }
  const json = rest.includes('--json');
  try {
    const { config, warnings } = await loadConfig({ ...io, flags });
    if (!json) {
      for (const warning of warnings) io.stderr(`warning: ${warning}`);
      io.stdout('The configuration is valid.');
    }
    const connections = rest.includes('--connect')
      ? await io.checkConnections?.(config)
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
 */
export function runConfigExplain(
  args: readonly string[],
  io: Pick<ConfigCommandIo, 'stdout' | 'stderr'>,
): number {
  const [name, ...others] = args.filter((argument) => argument !== '--json');
  if (name === undefined || others.length > 0) {
    io.stderr('usage: user-service config explain KEY [--json]');
    return EXIT.wrongUsage;
  }
  const explanation = explainKey(name);
  if (explanation === undefined) {
    const close = nearestKey(name);
    const hint =
      close === undefined ? '`user-service config print` lists them' : `did you mean ${close}?`;
    io.stderr(`error: there is no such key; ${hint}`);
    return EXIT.wrongUsage;
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

function toTable(loaded: LoadedConfig, shown: readonly Key[]): string[] {
  const rows = shown.map((key) => {
    const value = format(loaded, key);
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? UNSET);
    return [key, text, sourceOf(loaded, key)] as const;
  });
  const keyWidth = Math.max(...rows.map(([key]) => key.length));
  const valueWidth = Math.min(40, Math.max(...rows.map(([, value]) => value.length)));
  return rows.map(
    ([key, value, source]) => `${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}  ${source}`,
  );
}
