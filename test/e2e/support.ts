import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { RunningProcess } from '../support/child-process.ts';
import { runProgram, type ServiceProcess } from '../support/service-process.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';

/** Environment variables of a started program. */
export type Env = Readonly<Record<string, string>>;

/** How a program ended, and what it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly output: string;
}

/** What a registered person answers with. */
export interface RegisteredUser {
  readonly id: string;
  readonly email: string;
  readonly version: number;
}

/** A password that the rules accept. */
export const PASSWORD = 'seven slow herons over the weir';

/** An empty folder to start the service in; removed after the test. */
export function createWorkingDirectory(): string {
  const directory = createTemporaryDirectory('e2e');
  onTestFinished(() => directory.remove());
  return directory.path;
}

/** How long a start may take before the test gives up: machines under load are slow, and speed is not tested here. */
const READY_TIMEOUT_MS = 60_000;

/** Starts the service in a folder and waits until it is ready; it dies with the test. */
export async function serve(cwd: string, env: Env = {}): Promise<ServiceProcess> {
  const program = await start(['serve'], cwd, env);
  const line = await program.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
  const ready = JSON.parse(line) as Record<string, unknown>;
  return { url: String(ready.url), process: program, ready };
}

/** Starts any command without waiting for anything; it dies with the test. */
export async function start(
  args: readonly string[],
  cwd: string,
  env: Env = {},
): Promise<RunningProcess> {
  const program = await runProgram(args, { cwd, env: { SERVER_PORT: '0', ...env } });
  onTestFinished(async () => void (await program.kill()));
  return program;
}

/** Runs a command to its end, which must come by itself. */
export async function run(args: readonly string[], cwd: string, env: Env = {}): Promise<Outcome> {
  const program = await start(args, cwd, env);
  return await outcomeOf(program);
}

/** How a program ended by itself. */
export async function outcomeOf(program: RunningProcess): Promise<Outcome> {
  const { code } = await program.exited;
  const [stdout, stderr, output] = [program.stdout(), program.stderr(), program.output()];
  return { code, stdout, stderr, output };
}

/** Registers somebody and expects success. */
export async function register(url: string, email: string): Promise<RegisteredUser> {
  const answer = await fetch(`${url}/v1/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ first_name: 'Edda', last_name: 'Lund', email, password: PASSWORD }),
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as RegisteredUser;
}

/** The e-mail addresses of all users, read with the service key of a data folder. */
export async function listEmails(url: string, cwd: string): Promise<string[]> {
  const key = readServiceKey(cwd);
  const answer = await fetch(`${url}/v1/users?limit=200`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(answer.status).toBe(200);
  const { users } = (await answer.json()) as { users: { email: string }[] };
  return users.map(({ email }) => email);
}

/** The key that the first start wrote. */
export function readServiceKey(cwd: string): string {
  return readFileSync(join(cwd, 'data', 'service-key'), 'utf8').trim();
}
