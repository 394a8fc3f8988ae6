import { ConfigError, formatFault } from '../../config/config-error.ts';
import { takeConfigFlags } from '../../config/flag-source.ts';
import { type ConfigInputs, type LoadedConfig, loadConfig } from '../../config/load.ts';
import { definitionOf, type Key, keys } from '../../config/schema.ts';

/** What the `config` commands need of the process; the rest of `ConfigInputs` is optional. */
export interface ConfigCommandIo extends Omit<ConfigInputs, 'flags'> {
  /** Writes one line. */
  stdout(line: string): void;
  /** Writes one line. */
  stderr(line: string): void;
}

/** Exit codes of every command: done, failed, wrong usage. */
const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

const UNSET = '(unset)';

/**
 * `config print [--json]`: every key with its effective value and the source of it. Secrets show as
 * `[secret]`. Takes the arguments after `print`; resolves to the exit code.
 */
export async function runConfigPrint(
  args: readonly string[],
  io: ConfigCommandIo,
): Promise<number> {
  const { flags, rest } = takeConfigFlags(args);
  if (rest.some((argument) => argument !== '--json')) {
    io.stderr('usage: user-service config print [--json] [--config FILE] [--KEY VALUE]...');
    return WRONG_USAGE;
  }
  const loaded = await load({ ...io, flags }, io);
  if (loaded === undefined) return FAILED;
  for (const warning of loaded.warnings) io.stderr(`warning: ${warning}`);
  if (rest.includes('--json')) io.stdout(toJson(loaded));
  else for (const line of toTable(loaded)) io.stdout(line);
  return DONE;
}

/**
 * `config check`: one line and exit code 0 if the service would accept the configuration, else every
 * fault and exit code 1. Takes the arguments after `check`; resolves to the exit code.
 */
export async function runConfigCheck(
  args: readonly string[],
  io: ConfigCommandIo,
): Promise<number> {
  const { flags, rest } = takeConfigFlags(args);
  if (rest.some((argument) => argument !== '--json')) {
    io.stderr('usage: user-service config check [--json] [--config FILE] [--KEY VALUE]...');
    return WRONG_USAGE;
  }
  const json = rest.includes('--json');
  try {
    const { warnings } = await loadConfig({ ...io, flags });
    if (json) io.stdout(JSON.stringify({ ok: true, faults: [], warnings }));
    else {
      for (const warning of warnings) io.stderr(`warning: ${warning}`);
      io.stdout('The configuration has no faults.');
    }
    return DONE;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (json) io.stdout(JSON.stringify({ ok: false, faults: error.faults, warnings: [] }));
    else reportFaults(error, io);
    return FAILED;
  }
}

async function load(inputs: ConfigInputs, io: ConfigCommandIo): Promise<LoadedConfig | undefined> {
  try {
    return await loadConfig(inputs);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    reportFaults(error, io);
    return undefined;
  }
}

function reportFaults(error: ConfigError, io: ConfigCommandIo): void {
  for (const fault of error.faults) io.stderr(formatFault(fault));
}

/** The value as one would write it in the file; undefined where the key has none. */
function shown(loaded: LoadedConfig, key: Key): unknown {
  const value: unknown = loaded.values[key];
  return value === undefined ? undefined : definitionOf(key).kind.format(value);
}

function sourceOf(loaded: LoadedConfig, key: Key): string {
  return loaded.sources.get(key) ?? 'default';
}

function toJson(loaded: LoadedConfig): string {
  const entries = keys.map((key) => [
    key,
    { value: shown(loaded, key) ?? null, source: sourceOf(loaded, key) },
  ]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function toTable(loaded: LoadedConfig): string[] {
  const rows = keys.map((key) => {
    const value = shown(loaded, key);
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? UNSET);
    return [key, text, sourceOf(loaded, key)] as const;
  });
  const keyWidth = Math.max(...rows.map(([key]) => key.length));
  const valueWidth = Math.min(40, Math.max(...rows.map(([, value]) => value.length)));
  return rows.map(
    ([key, value, source]) => `${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}  ${source}`,
  );
}
