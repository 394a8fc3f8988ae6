import {
  ConfigError,
  type ConfigProblem,
  formatConfigProblem,
} from '../../src/config/config-error.ts';
import { takeConfigFlags } from '../../src/config/flag-source.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import type { FileStatus } from '../../src/config/secret-files.ts';

/** A test key: 32 bytes from `openssl rand -base64 32`. */
export const MASTER_KEY = 'S4pe5uA+Pgk3kSGFRpgBnUdT3pJd1vK4dFyzb1qTk0A=';

/** The configuration sources of a test; the working directory is `/app`. */
export interface ConfigSetting {
  readonly yaml?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Other files by absolute path; reading the file throws an error given here. */
  readonly files?: Readonly<Record<string, string | Error>>;
  /** The status of files by absolute path; unknown for others. */
  readonly statuses?: Readonly<Record<string, FileStatus>>;
}

/** The error of `fs` with this code. */
export function fileError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Loads the configuration as on a machine with 6 cores and no terminal. */
export function loadSetting({
  yaml,
  env = {},
  args = [],
  files = {},
  statuses = {},
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
    statFile: (path) => statuses[path],
    availableParallelism: 6,
    terminal: false,
  });
}

/** The errors of the configuration. @throws for a valid one */
async function problemsOf(setting: ConfigSetting): Promise<readonly ConfigProblem[]> {
  const error = await loadSetting(setting).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ConfigError) return error.problems;
  throw new Error('no error was reported', { cause: error });
}

/** The errors of the configuration as lines of text. @throws for a valid one */
export async function linesOf(setting: ConfigSetting): Promise<readonly string[]> {
  return (await problemsOf(setting)).map(formatConfigProblem);
}
