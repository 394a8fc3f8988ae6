import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startProcess } from '../../test/support/child-process.ts';
import { findFreePort } from '../../test/support/free-port.ts';
import type { ConnectionOptions } from '../../test/support/postgres-server.ts';
import { createTemporaryDirectory } from '../../test/support/temp-directory.ts';
import type { Peer } from './peers.ts';

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 900_000;
const START_TIMEOUT_MS = 120_000;

/** A peer or the service, in a process of its own. */
export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  readonly startMs: number;
  stop(): Promise<void>;
}

/** The packages of a peer, in a folder of their own. */
export interface Installed {
  start(database: ConnectionOptions): Promise<RunningServer>;
  remove(): Promise<void>;
}

/** @throws Error with npm's reason */
export async function install({ packages, program }: Peer): Promise<Installed> {
  const directory = createTemporaryDirectory('bench-peer');
  try {
    writeFileSync(join(directory.path, 'package.json'), '{"type":"module"}');
    copyFileSync(join(import.meta.dirname, program), join(directory.path, program));
    const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error'];
    await run('npm', ['install', ...quiet, ...packages], {
      cwd: directory.path,
      timeout: INSTALL_TIMEOUT_MS,
    });
  } catch (error) {
    await directory.remove();
    throw new Error(reasonOf(error), { cause: error });
  }
  return {
    start: (database) => start(directory.path, program, database),
    remove: () => directory.remove(),
  };
}

/** The first line of npm that says what failed. */
function reasonOf(error: unknown): string {
  const { stderr = '', message = String(error) } = error as { stderr?: string; message?: string };
  const lines = stderr.split('\n').filter((line) => line.startsWith('npm error'));
  return lines.slice(0, 2).join('; ') || message.slice(0, 300);
}

async function start(
  cwd: string,
  program: string,
  { host, port: databasePort, user, password, database }: ConnectionOptions,
): Promise<RunningServer> {
  const port = await findFreePort();
  const startedAt = performance.now();
  const child = await startProcess(process.execPath, [program], {
    cwd,
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production' },
      PORT: String(port),
      DATABASE_URL: `postgres://${user}:${password}@${host}:${databasePort}/${database}`,
    },
  });
  try {
    await child.waitForLine(/^ready$/, START_TIMEOUT_MS);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return {
    ...{ url: `http://127.0.0.1:${port}`, pid: child.pid },
    startMs: performance.now() - startedAt,
    stop: async () => void (await child.stop()),
  };
}
