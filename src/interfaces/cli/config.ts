import { ConfigError, formatConfigProblem } from '../../config/config-error.ts';
import { takeConfigFlags } from '../../config/flag-source.ts';
import { type ConfigInputs, type LoadedConfig, loadConfig } from '../../config/load.ts';
import { definitionOf, type Key, keys } from '../../config/schema.ts';
import { EXIT } from './io.ts';

/** Output of the `config` commands, and their configuration sources. */
export interface ConfigCommandIo extends Omit<ConfigInputs, 'flags'> {
  /** Writes one line. */
  stdout(line: string): void;
  /** Writes one line. */
  stderr(line: string): void;
}

const UNSET = '(unset)';

/**
 * Runs `config print [--json]`: prints every key with its effective value and its source. Secrets
 * print as `[secret]`.
 * @param args the arguments after `print`
 * @returns the exit code
 */
export async function runConfigPrint(
  args: readonly string[],
  io: ConfigCommandIo,
): Promise<number> {
  const { flags, rest } = takeConfigFlags(args);
  if (rest.some((argument) => argument !== '--json')) {
    io.stderr('usage: user-service config print [--json] [--config FILE] [--KEY VALUE]...');
    return EXIT.wrongUsage;
  }
  const loaded = await load({ ...io, flags }, io);
  if (loaded === undefined) return EXIT.failed;
  for (const warning of loaded.warnings) io.stderr(`warning: ${warning}`);
  if (rest.includes('--json')) io.stdout(toJson(loaded));
  else for (const line of toTable(loaded)) io.stdout(line);
  return EXIT.done;
}

/**
 * Runs `config check [--json]`: prints one line for a valid configuration, else every error.
 * @param args the arguments after `check`
 * @returns the exit code: 0 valid, 1 invalid, 2 wrong usage
 */
export async function runConfigCheck(
  args: readonly string[],
  io: ConfigCommandIo,
): Promise<number> {
  const { flags, rest } = takeConfigFlags(args);
  if (rest.some((argument) => argument !== '--json')) {
    io.stderr('usage: user-service config check [--json] [--config FILE] [--KEY VALUE]...');
    return EXIT.wrongUsage;
  }
  const json = rest.includes('--json');
  try {
    const { warnings } = await loadConfig({ ...io, flags });
    if (json) io.stdout(JSON.stringify({ ok: true, faults: [], warnings }));
    else {
      for (const warning of warnings) io.stderr(`warning: ${warning}`);
      io.stdout('The configuration is valid.');
    }
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (json) {
      const { problems: faults, warnings } = error;
      io.stdout(JSON.stringify({ ok: false, faults, warnings }));
    } else reportProblems(error, io);
    return EXIT.failed;
  }
}

async function load(inputs: ConfigInputs, io: ConfigCommandIo): Promise<LoadedConfig | undefined> {
  try {
    return await loadConfig(inputs);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    reportProblems(error, io);
    return undefined;
  }
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

function toJson(loaded: LoadedConfig): string {
  const entries = keys.map((key) => [
    key,
    { value: format(loaded, key) ?? null, source: sourceOf(loaded, key) },
  ]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function toTable(loaded: LoadedConfig): string[] {
  const rows = keys.map((key) => {
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
