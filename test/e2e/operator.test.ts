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

/** Deadlines, not expectations: each command is a process of its own on a machine that others use. */
const TIMEOUT_MS = 60_000;
const INTERRUPTED = { code: 0, stderr: '' };

describe('with the embedded database', () => {
  it('commands need the service, and make no data where there are none', async () => {
    const cwd = createWorkingDirectory();
    for (const args of [
      ['events', 'tail'],
      ['mail', 'failed', 'list'],
    ]) {
      const { code, stdout, stderr } = await run(args, cwd);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^error: No service runs on .*`user-service serve`/);
    }
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  it('tail shows a registration, and given-up mail is listed, tried again and dropped', async () => {
    const cwd = createWorkingDirectory();
    const smtp = await useSmtpServer();
    const { url } = await serve(cwd, {
      MAIL_SMTP_HOST: '127.0.0.1',
      MAIL_SMTP_PORT: String(smtp.port),
      MAIL_SMTP_TLS: 'none',
      MAIL_FROM: 'accounts@example.com',
    });
    const tail = await start(['events', 'tail', '--from-start'], cwd);
    const { id } = await register(url, 'never.a@example.com');
    await tail.waitForLine(new RegExp(`user\\.created ${id} v1 {"status":"active"}$`), TIMEOUT_MS);
    await changePassword(url, id, 'never.a@example.com');
    await tail.waitForLine(new RegExp(`user\\.password_changed ${id} v2`), TIMEOUT_MS);
    tail.signal('SIGINT');
    expect(await outcomeOf(tail)).toMatchObject(INTERRUPTED);

    const failed = () => run(['mail', 'failed', 'list', '--json'], cwd);
    const listed = await eventually(
      async () => {
        const { stdout } = await failed();
        expect(stdout).toContain('550');
        return stdout;
      },
      { timeoutMs: TIMEOUT_MS },
    );
    const { id: mailId, attempts } = JSON.parse(listed);
    expect([attempts, listed.includes('never.a')]).toEqual([1, false]);
    const requeued = await run(['mail', 'failed', 'requeue', mailId], cwd);
    expect(requeued).toMatchObject({ code: 0, stdout: 'requeued 1 given-up mail\n' });
    // Refused again.
    await eventually(async () => expect((await failed()).stdout).toContain(mailId), {
      timeoutMs: TIMEOUT_MS,
    });
    const dropped = await run(['mail', 'failed', 'drop', mailId], cwd);
    expect(dropped).toMatchObject({ code: 0, stdout: 'dropped 1 given-up mail\n' });
    expect(await failed()).toMatchObject({ code: 0, output: '' });
  });
});

describe('with PostgreSQL and NATS', () => {
  it('tail shows a registration, and parked events are published or dropped', async () => {
    const { connectionOptions } = await createTestDatabase();
    const database = await connectPostgres(connectionOptions);
    const nats = await startNats({ jetstream: true });
    onTestFinished(() => nats.stop());
    const [mended, dropped] = await parkTwo(database, nats.url);
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

    const parked = (...args: string[]) => run(['events', 'parked', ...args], cwd, env);
    const { stdout } = await parked('list', '--json');
    const rows = stdout.trim().split('\n');
    expect(rows.map((row) => JSON.parse(row))).toMatchObject([
      { id: mended.eventId, attempts: 1, waiting_behind: 2 },
      { id: dropped.eventId, attempts: 1, waiting_behind: 2 },
    ]);
    await database.query(`update outbox set data = '{"status":"active"}' where id = $1`, [
      mended.eventId,
    ]);
    const requeued = await parked('requeue', mended.eventId);
    expect(requeued).toMatchObject({ code: 0, stdout: 'requeued 1 parked event\n' });
    expect((await parked('requeue', mended.eventId)).code).toBe(1);
    expect(await parked('drop', dropped.eventId)).toMatchObject({
      code: 0,
      stdout: 'dropped 1 parked event\n',
    });
    await eventually(async () => {
      const streamed = (await readStream(nats.url)).map(({ event }) => event);
      const versionsOf = (userId: string) =>
        streamed.filter((event) => event.userId === userId).map((event) => event.userVersion);
      expect([mended, dropped].map(({ userId }) => versionsOf(userId))).toEqual([
        [1, 2, 3],
        [2, 3],
      ]);
    });
    expect(await parked('list')).toMatchObject({ code: 0, stdout: '' });
  });
});

/** Two users with three events each, whose first one the broker refused for its size. */
async function parkTwo(database: Database, url: string) {
  const userIds = await commitLives(database, 2, 3);
  const { rows } = await database.query<{ id: string; user_id: string }>(
    `update outbox set data = jsonb_build_object('status', repeat('x', 2000000))
     where user_version = 1 returning id, user_id`,
  );
  const relay = await startRelay({ database, url, settings: { maxAttempts: 1, pollMs: 20 } });
  await eventually(async () => {
    const parked = await database.query('select id from outbox where parked_at is not null');
    expect(parked.rows).toHaveLength(2);
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
  expect(changed.status).toBe(204);
}
