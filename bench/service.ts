import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RunningProcess, startProcess } from '../test/support/child-process.ts';
import { findFreePort } from '../test/support/free-port.ts';
import { createTemporaryDirectory } from '../test/support/temp-directory.ts';

/** The built program in a process of its own. */
export interface Service {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its first ready response. */
  readonly startMs: number;
  /** Creates a service account. @returns its key */
  createKey(scopes: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** The key of all starts on one database. */
export const masterKey = randomBytes(32).toString('base64');

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const READY_TIMEOUT_MS = 60_000;

/**
 * Starts the service and waits until it is ready. Its log goes to a file. `directory` keeps its data for later starts.
 * @throws Error with the end of the log
 */
export async function startService(
  env: Readonly<Record<string, string>>,
  directory?: string,
): Promise<Service> {
  if (!existsSync(join(root, 'dist', 'main.js'))) throw new Error('run `npm run build` first');
  const temporary = directory === undefined ? createTemporaryDirectory('bench') : undefined;
  const cwd = directory ?? temporary?.path ?? '.';
  const log = join(cwd, 'service.log');
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  // The shell only redirects: exec replaces it with the service.
  const child = await startProcess(
    '/bin/sh',
    [
      '-c',
      'exec "$0" "$1" serve > "$2" 2>&1',
      process.execPath,
      join(root, 'bin', 'user-service.cjs'),
      log,
    ],
    {
      cwd,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        SERVER_PORT: String(port),
        // One client sends the whole load; the row of limited sign-ins turns the limits on again.
        LIMITS_ENABLED: 'false',
        // The same people sign in again and again, and the session that they began with must not end.
        SESSIONS_MAX_PER_USER: '1000',
        ...env,
      },
    },
  );
  try {
    await untilReady(url, child, log);
  } catch (error) {
    await child.kill();
    await temporary?.remove();
    throw error;
  }
  return {
    url,
    pid: child.pid,
    startMs: performance.now() - startedAt,
    createKey: (scopes) => createKey(cwd, env, port, scopes),
    async stop() {
      await child.stop(30_000);
      await temporary?.remove();
    },
  };
}

async function createKey(
  cwd: string,
  env: Readonly<Record<string, string>>,
  port: number,
  scopes: readonly string[],
): Promise<string> {
  const options = scopes.flatMap((scope) => ['--scope', scope]);
  const program = join(root, 'bin', 'user-service.cjs');
  const args = [
    program,
    'service-accounts',
    'create',
    `bench-${randomBytes(4).toString('hex')}`,
    ...options,
    '--json',
  ];
  const { PATH, HOME } = process.env;
  const { stdout } = await run(process.execPath, args, {
    cwd,
    env: { PATH, HOME, SERVER_PORT: String(port), ...env },
  });
  return (JSON.parse(stdout) as { key: string }).key;
}

async function untilReady(url: string, child: RunningProcess, log: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline && !child.hasExited()) {
    const ready = await fetch(`${url}/health/ready`).then(
      async (response) => {
        await response.text();
        return response.status === 200;
      },
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const text = readFileSync(log, 'utf8').slice(-2_000);
  throw new Error(`the service did not start: ${text}`);
}
