import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const launcher = fileURLToPath(new URL('../../../bin/user-service.cjs', import.meta.url));
const CONNECTIONS = 32;
/** Answers after which the service is killed. */
const KILLED_AFTER = [100, 1_000, 3_000] as const;

/** Where the lines go: to a file, or through a pipe to a program that writes the same file. */
const LOGS = [
  ['a file', (serve: string) => `exec ${serve} > log`],
  ['a pipe', (serve: string) => `mkfifo pipe; cat pipe > log & exec ${serve} > pipe`],
] as const;

/** Starts a service whose log ends in the file of the returned path. */
async function serve(command: (serve: string) => string) {
  const directory = createTemporaryDirectory('killed-log');
  onTestFinished(() => directory.remove());
  const { connectionOptions } = await createTestDatabase();
  const port = await findFreePort();
  const script = command(`'${process.execPath}' '${launcher}' serve`);
  const service = await startProcess('/bin/sh', ['-c', script], {
    cwd: directory.path,
    env: {
      PATH: process.env.PATH,
      ...postgresEnvironment(connectionOptions),
      SECURITY_MASTER_KEY: createMasterKey(),
      SERVER_PORT: String(port),
    },
  });
  onTestFinished(async () => void (await service.kill()));
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), {
    timeoutMs: 60_000,
  });
  return { url, service, log: join(directory.path, 'log') };
}

/** Sends requests on many connections until they break. @returns the ids of the answered ones */
async function flood(url: string, onAnswer: (count: number) => void): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const answered: string[] = [];
  async function send(): Promise<void> {
    const sent = request(`${url}/v1/me`, { agent });
    sent.end();
    const [response] = await once(sent, 'response');
    answered.push(String(response.headers['x-request-id']));
    onAnswer(answered.length);
    response.resume();
    await once(response, 'end');
  }
  const senders = Array.from({ length: CONNECTIONS }, async () => {
    try {
      for (;;) await send();
    } catch {
      // The service was killed.
    }
  });
  await Promise.all(senders);
  agent.destroy();
  return answered;
}

test.each(LOGS)(
  'every request that was answered before a kill is in %s',
  async (_name, command) => {
    for (const killedAfter of KILLED_AFTER) {
      const { url, service, log } = await serve(command);
      const answered = await flood(url, (count) => {
        if (count === killedAfter) service.signal('SIGKILL');
      });
      await service.exited;
      expect(answered.length).toBeGreaterThanOrEqual(killedAfter);
      await eventually(() => {
        const text = readFileSync(log, 'utf8');
        const logged = new Set(text.match(/(?<="request_id":")[^"]+/g));
        expect(answered.filter((id) => !logged.has(id))).toEqual([]);
      });
    }
  },
  240_000,
);
