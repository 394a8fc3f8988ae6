import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from '../test/support/child-process.ts';
import { findFreePort } from '../test/support/free-port.ts';
import { createTemporaryDirectory } from '../test/support/temp-directory.ts';

/** The built program in a process of its own. */
export interface Service {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its first ready response. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** The build does not support the configuration. */
export class NotInThisBuild extends Error {
  override readonly name = 'NotInThisBuild';
}

/** The key of all starts on one database. */
export const masterKey = randomBytes(32).toString('base64');

const root = join(import.meta.dirname, '..');
const READY_TIMEOUT_MS = 60_000;

/**
 * Starts the service and waits until it is ready. Its log goes to a file. `directory` keeps its data for later starts.
 * @throws NotInThisBuild, or Error with the end of the log
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
        LOGGING_LEVEL: 'warn',
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
    async stop() {
      await child.stop(30_000);
      await temporary?.remove();
    },
  };
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
  const missing = /Not part of this version yet: ([^.]+(?:\.\w+[^.]*)*)/.exec(text);
  if (missing !== null) throw new NotInThisBuild('this build has no such adapter yet');
  throw new Error(`the service did not start: ${text}`);
}

/** A person who is registered and signed in. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

/** Registers and signs in people, a few at a time. */
export async function createPeople(url: string, count: number): Promise<readonly Person[]> {
  const people: Person[] = [];
  const run = randomBytes(4).toString('hex');
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      people.push(await createPerson(url, `person-${run}-${next}@example.com`));
    }
  };
  await Promise.all([one(), one()]);
  return people;
}

const PASSWORD = 'velvet anchor 208 drifts past noon';

/** The body of a registration; `email` may contain `{{n}}`. */
export function registration(email: string): string {
  return JSON.stringify({ first_name: 'Ada', last_name: 'Okafor', email, password: PASSWORD });
}

async function createPerson(url: string, email: string): Promise<Person> {
  const { id } = await post<{ id: string }>(`${url}/v1/users`, registration(email));
  const grant = await post<{ access_token: string }>(
    `${url}/v1/sessions`,
    JSON.stringify({ email, password: PASSWORD }),
  );
  return { id, email, password: PASSWORD, token: grant.access_token };
}

async function post<T>(url: string, body: string): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  if (response.status !== 201 && response.status !== 200) {
    throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as T;
}
