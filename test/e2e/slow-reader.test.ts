import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { runStatement } from '../support/superuser.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createWorkingDirectory } from './support.ts';

const launcher = fileURLToPath(new URL('../../bin/user-service.cjs', import.meta.url));
const USERS = 3_000;

/** A connected pair of sockets: output of one end is buffered until the other end is read. */
async function socketPair(path: string): Promise<{ writer: Socket; reader: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const writer = connect(path);
  const reader = await accepted;
  server.close();
  return { writer, reader };
}

it('writes all output before it exits, also for a slow reader', async () => {
  const { connectionOptions } = await createTestDatabase();
  await runStatement(
    connectionOptions,
    `insert into users (id, first_name, last_name, email, password)
     select gen_random_uuid(), 'Person', 'Number ' || n, 'person' || n || '@example.com', 'x'
     from generate_series(1, ${USERS}) n`,
  );
  const directory = createWorkingDirectory();
  const { writer, reader } = await socketPair(join(directory, 'out.sock'));
  const child = spawn(process.execPath, [launcher, 'users', 'list', '--all', '--json'], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      SECURITY_MASTER_KEY: createMasterKey(),
      ...postgresEnvironment(connectionOptions),
    },
    stdio: ['ignore', writer, 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  // The test reads only after the command has exited or two seconds have passed. The output is larger than any buffer.
  await Promise.race([exited, elapsed(2_000)]);
  writer.destroy();
  let text = '';
  reader.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  reader.resume();
  const ended = new Promise((resolve) => reader.once('end', resolve));
  expect(await exited).toBe(0);
  await ended;
  expect(text.trim().split('\n')).toHaveLength(USERS);
});

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
