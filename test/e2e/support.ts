import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { ProcessOptions, RunningProcess } from '../support/child-process.ts';
import { runProgram, type ServiceProcess } from '../support/service-process.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';

export type Env = Readonly<Record<string, string>>;

/** The exit code and the output of a program. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly output: string;
}

/** A registered user, as in the response. */
export interface RegisteredUser {
  readonly id: string;
  readonly email: string;
  readonly version: number;
}

/** A valid password. */
export const PASSWORD = 'seven slow herons over the weir';

/** Creates an empty folder, which is removed after the test. */
export function createWorkingDirectory(): string {
  const directory = createTemporaryDirectory('e2e');
  onTestFinished(() => directory.remove());
  return directory.path;
}

/** Generous, since machines under load are slow, and speed is not tested here. */
const READY_TIMEOUT_MS = 60_000;

/** Starts the service in a folder and waits until it is ready. It is killed after the test. */
export async function serve(cwd: string, env: Env = {}): Promise<ServiceProcess> {
  const program = await start(['serve'], cwd, env);
  const line = await program.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
  const ready = JSON.parse(line) as Record<string, unknown>;
  return { url: String(ready.url), process: program, ready };
}

/** Starts a command without waiting for it. It is killed after the test. */
export async function start(
  args: readonly string[],
  cwd: string,
  env: Env = {},
  options: Pick<ProcessOptions, 'input' | 'runAs'> = {},
): Promise<RunningProcess> {
  const program = await runProgram(args, { ...options, cwd, env: { SERVER_PORT: '0', ...env } });
  onTestFinished(async () => void (await program.kill()));
  return program;
}

/** Runs a command until it exits. */
export async function run(
  args: readonly string[],
  cwd: string,
  env: Env = {},
  options: Pick<ProcessOptions, 'input' | 'runAs'> = {},
): Promise<Outcome> {
  const program = await start(args, cwd, env, options);
  return await outcomeOf(program);
}

/** Waits until the program exits. */
export async function outcomeOf(program: RunningProcess): Promise<Outcome> {
  const { code } = await program.exited;
  const [stdout, stderr, output] = [program.stdout(), program.stderr(), program.output()];
  return { code, stdout, stderr, output };
}

/** Registers a user and expects success. */
export async function register(url: string, email: string): Promise<RegisteredUser> {
  const response = await fetch(`${url}/v1/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ first_name: 'Edda', last_name: 'Lund', email, password: PASSWORD }),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as RegisteredUser;
}

/** The e-mail addresses of all users, read with the service key of the data folder. */
export async function listEmails(url: string, cwd: string): Promise<string[]> {
  const key = readServiceKey(cwd);
  const response = await fetch(`${url}/v1/users?limit=200`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(response.status).toBe(200);
  const { users } = (await response.json()) as { users: { email: string }[] };
  return users.map(({ email }) => email);
}

/** The key that the first start wrote. */
export function readServiceKey(cwd: string): string {
  return readFileSync(join(cwd, 'data', 'service-key'), 'utf8').trim();
}
