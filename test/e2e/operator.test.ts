import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { readStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { startNats } from '../support/nats-server.ts';
import { connectPostgres } from '../support/postgres-database.ts';
import { commitLives, startRelay } from '../support/relay.ts';
import { useSmtpServer } from '../support/smtp-server.ts';
import { createTestDatabase } from '../support/test-database.ts';
import {
  createWorkingDirectory,
  type Env,
  outcomeOf,
  PASSWORD,
  register,
  run,
  serve,
  start,
} from './support.ts';

/** A deadline, not an expectation: each command is a separate process on a busy machine. */
const TIMEOUT_MS = 60_000;
const INTERRUPTED = { code: 0, stderr: '' };

describe('with the embedded database', () => {
  it('commands need a running service, and create no data directory', async () => {
    const cwd = createWorkingDirectory();
    for (const args of [
      ['events', 'tail'],
      ['mail', 'dead-letters', 'list'],
    ]) {
      const { code, stdout, stderr } = await run(args, cwd);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^error: No service runs on .*`user-service serve`/);
    }
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  it('tail prints a registration, and a mail dead letter is listed, requeued and dropped', async () => {
    const cwd = createWorkingDirectory();
    const smtp = await useSmtpServer();
    const { url } = await serve(cwd, {
      MAIL_SMTP_HOST: '127.0.0.1',
      MAIL_SMTP_PORT: String(smtp.port),
      MAIL_SMTP_TLS: 'none',
      MAIL_FROM: 'accounts@example.com',
      // So that the change of the password is the only mail.
      REGISTRATION_VERIFICATION_MAIL: 'false',
    });
    const tail = await start(['events', 'tail', '--from-start'], cwd);
    const { id } = await register(url, 'never.a@example.com');
    await tail.waitForLine(new RegExp(`user\\.created ${id} v1 {"status":"active"}$`), TIMEOUT_MS);
    await changePassword(url, id, 'never.a@example.com');
    await tail.waitForLine(new RegExp(`user\\.password_changed ${id} v2`), TIMEOUT_MS);
    tail.signal('SIGINT');
    expect(await outcomeOf(tail)).toMatchObject(INTERRUPTED);

    const list = () => run(['mail', 'dead-letters', 'list', '--json'], cwd);
    const listed = await eventually(
      async () => {
        const { stdout } = await list();
        expect(stdout).toContain('550');
        return stdout;
      },
      { timeoutMs: TIMEOUT_MS },
    );
    const { id: mailId, attempts } = JSON.parse(listed);
    expect([attempts, listed.includes('never.a')]).toEqual([1, false]);
    const requeued = await run(['mail', 'dead-letters', 'requeue', mailId], cwd);
    expect(requeued).toMatchObject({ code: 0, stdout: 'requeued 1 dead letter\n' });
    // The server rejects it again.
    await eventually(async () => expect((await list()).stdout).toContain(mailId), {
      timeoutMs: TIMEOUT_MS,
    });
    const dropped = await run(['mail', 'dead-letters', 'drop', mailId], cwd);
    expect(dropped).toMatchObject({ code: 0, stdout: 'dropped 1 dead letter\n' });
    expect(await list()).toMatchObject({ code: 0, output: '' });
  });
});

describe('with PostgreSQL and NATS', () => {
  it('tail prints a registration, and event dead letters are published or dropped', async () => {
    const { connectionOptions } = await createTestDatabase();
    const database = await connectPostgres(connectionOptions);
    const nats = await startNats({ jetstream: true });
    onTestFinished(() => nats.stop());
    const [fixed, dropped] = await createTwoDeadLetters(database, nats.url);
    const cwd = createWorkingDirectory();
    const env: Env = {
      ...postgresEnvironment(connectionOptions),
      SECURITY_MASTER_KEY: createMasterKey(),
      NATS_SERVERS: nats.url,
    };
    const { url } = await serve(cwd, env);
    const tail = await start(['events', 'tail', '--from-start'], cwd, env);
    const { id } = await register(url, 'ada@example.com');
    await tail.waitForLine(new RegExp(`user\\.created ${id} v1`), TIMEOUT_MS);
    tail.signal('SIGINT');
    expect(await outcomeOf(tail)).toMatchObject(INTERRUPTED);

    const deadLetters = (...args: string[]) => run(['events', 'dead-letters', ...args], cwd, env);
    const { stdout } = await deadLetters('list', '--json');
    const rows = stdout.trim().split('\n');
    expect(rows.map((row) => JSON.parse(row))).toMatchObject([
      { id: fixed.eventId, attempts: 1, waiting_behind: 2 },
      { id: dropped.eventId, attempts: 1, waiting_behind: 2 },
    ]);
    await database.query(`update outbox set data = '{"status":"active"}' where id = $1`, [
      fixed.eventId,
    ]);
    const requeued = await deadLetters('requeue', fixed.eventId);
    expect(requeued).toMatchObject({ code: 0, stdout: 'requeued 1 dead letter\n' });
    expect((await deadLetters('requeue', fixed.eventId)).code).toBe(1);
    expect(await deadLetters('drop', dropped.eventId)).toMatchObject({
      code: 0,
      stdout: 'dropped 1 dead letter\n',
    });
    await eventually(async () => {
      const streamed = (await readStream(nats.url)).map(({ event }) => event);
      const versionsOf = (userId: string) =>
        streamed.filter((event) => event.userId === userId).map((event) => event.userVersion);
      expect([fixed, dropped].map(({ userId }) => versionsOf(userId))).toEqual([
        [1, 2, 3],
        [2, 3],
      ]);
    });
    expect(await deadLetters('list')).toMatchObject({ code: 0, stdout: '' });
  });
});

/** Two users with three events each; the broker rejected the first event for its size. */
async function createTwoDeadLetters(database: Database, url: string) {
  const userIds = await commitLives(database, 2, 3);
  const { rows } = await database.query<{ id: string; user_id: string }>(
    `update outbox set data = jsonb_build_object('status', repeat('x', 2000000))
     where user_version = 1 returning id, user_id`,
  );
  const relay = await startRelay({ database, url, settings: { maxAttempts: 1, pollMs: 20 } });
  await eventually(async () => {
    const dead = await database.query('select id from outbox where parked_at is not null');
    expect(dead.rows).toHaveLength(2);
  });
  await relay.stop();
  const events = userIds.map((userId) => ({
    userId,
    eventId: rows.find((row) => row.user_id === userId)?.id ?? '',
  }));
  const [one, other] = events;
  return one === undefined || other === undefined ? expect.fail() : ([one, other] as const);
}

async function changePassword(url: string, id: string, email: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const signedIn = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  const { access_token: token } = (await signedIn.json()) as { access_token: string };
  const changed = await fetch(`${url}/v1/users/${id}/password`, {
    method: 'PUT',
    headers: { ...headers, authorization: `Bearer ${token}` },
    body: JSON.stringify({ current_password: PASSWORD, new_password: 'eleven green umbrellas' }),
  });
  expect(changed.status).toBe(200);
}
