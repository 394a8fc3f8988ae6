import { ConfigError, type ConfigFault, formatFault } from '../../src/config/config-error.ts';
import { takeConfigFlags } from '../../src/config/flag-source.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';

/** 32 bytes drawn once with `openssl rand -base64 32`; protects nothing. */
export const MASTER_KEY = 'S4pe5uA+Pgk3kSGFRpgBnUdT3pJd1vK4dFyzb1qTk0A=';

/** The sources of one configuration; the working directory is `/app`. */
export interface ConfigSetting {
  readonly yaml?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Other files by absolute path; an error is thrown when the file is read. */
  readonly files?: Readonly<Record<string, string | Error>>;
}

/** The error of `fs` with this code. */
export function fileError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Loads the setting on a machine with 6 cores and no terminal. */
export function loadSetting({
  yaml,
  env = {},
  args = [],
  files = {},
}: ConfigSetting): Promise<LoadedConfig> {
  const all: Record<string, string | Error> = { ...files };
  if (yaml !== undefined) all['/app/config.yaml'] = yaml;
  return loadConfig({
    flags: takeConfigFlags(args).flags,
    env,
    cwd: '/app',
    readFile: (path) => {
      const content = all[path] ?? fileError('ENOENT');
      if (typeof content === 'string') return content;
      throw content;
    },
    availableParallelism: 6,
    terminal: false,
  });
}

/** The faults of the setting; throws if it has none. */
async function faultsOf(setting: ConfigSetting): Promise<readonly ConfigFault[]> {
  const error = await loadSetting(setting).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ConfigError) return error.faults;
  throw new Error('no fault was reported', { cause: error });
}

/** The faults of the setting as lines of text; throws if it has none. */
export async function linesOf(setting: ConfigSetting): Promise<readonly string[]> {
  return (await faultsOf(setting)).map(formatFault);
}
