import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProcessOptions, type RunningProcess, startProcess } from './child-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const launcher = join(root, 'bin', 'user-service.cjs');

/** A running service, started as a process of its own. */
export interface ServiceProcess {
  readonly url: string;
  readonly process: RunningProcess;
  /** The fields of the ready line. */
  readonly ready: Readonly<Record<string, unknown>>;
}

/** Starts the built program; it ends with the test. */
export async function runProgram(
  args: readonly string[],
  options: Pick<ProcessOptions, 'input' | 'runAs'> & {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<RunningProcess> {
  if (!existsSync(join(root, 'dist', 'main.js'))) {
    throw new Error('dist/ is not built: run `npm run build`');
  }
  const { PATH = '', HOME = '' } = process.env;
  return await startProcess(process.execPath, [launcher, ...args], {
    ...options,
    // The delay is for load balancers, and the tests send more from one address than the limits allow; a test that is
    // about one of them sets it.
    env: { PATH, HOME, SERVER_SHUTDOWN_DELAY: '0s', LIMITS_ENABLED: 'false', ...options.env },
  });
}
