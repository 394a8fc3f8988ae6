import { describe, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { createInProcessClient } from '../../../src/interfaces/cli/in-process-client.ts';
import { runCli } from '../../../src/interfaces/cli/program.ts';
import { type Account, type Api, createApi, patientHashing } from '../../support/api.ts';
import { APP_DATABASES, type AppDatabase, useTestApp } from '../../support/app.ts';
import { type CliRun, cliDeps, runCommand } from '../../support/cli-setting.ts';
import { readStream } from '../../support/event-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { startNats } from '../../support/nats-server.ts';
import { startRelay } from '../../support/relay.ts';

/** A service, and a runner for operator commands against it. */
async function useService(database: AppDatabase) {
  const app = await useTestApp({ database, env: patientHashing });
  const openOperator = async () =>
    createInProcessClient({
      server: await app.operator(),
      description: 'it',
      close: async () => {},
    });
  const run = (...args: string[]): Promise<CliRun> => runCommand(args, { openOperator });
  return { app, api: createApi(app), openOperator, run };
}

const rowsOf = ({ stdout }: CliRun): Record<string, unknown>[] =>
  stdout.map((line) => JSON.parse(line));

/** Registers a user whose first event is larger than the broker accepts. */
async function registerHuge(api: Api): Promise<Account & { readonly eventId: string }> {
  const account = await api.register();
  await api.signIn(account);
  const [row] = await api.sql<{ id: string }>(
    `update outbox set data = jsonb_build_object('status', repeat('x', 2000000))
     where user_id = $1 and type = 'user.created' returning id`,
    [account.id],
  );
  return { ...account, eventId: row?.id ?? '' };
}

describe.each(APP_DATABASES)('operator commands on %s', (database) => {
  test('tail prints every event as the outbox has it', async () => {
    const { api, openOperator } = await useService(database);
    const interrupted = new AbortController();
    const { deps, stdout } = cliDeps({ openOperator, signal: interrupted.signal });
    const exit = runCli(deps, ['events', 'tail', '--json', '--from-start']);
    const account = await api.register();
    await api.signIn(account);
    await eventually(() => expect(stdout).toHaveLength(2));
    interrupted.abort();
    expect(await exit).toBe(0);
    const events = stdout.map((line) => JSON.parse(line));
    const stored = (await api.eventsOf(account.id)).map((row) => ({
      ...row,
      position: Number(row.position),
    }));
    expect(events).toMatchObject(stored);
    expect(events.map(({ type }) => type)).toEqual(['user.created', 'session.started']);
  });

  test('an event dead letter is listed, published once it is fixed and requeued, and dropped', async () => {
    const { app, api, run } = await useService(database);
    const nats = await startNats({ jetstream: true });
    onTestFinished(() => nats.stop());
    expect(await run('events', 'dead-letters', 'list')).toMatchObject({ code: 0, stdout: [] });
    const [fixed, dropped] = [await registerHuge(api), await registerHuge(api)];
    await startRelay({
      database: app.database as Database,
      url: nats.url,
      settings: { maxAttempts: 2, backOffMs: 10, pollMs: 20 },
    });
    const deadLetters = await eventually(async () => {
      const rows = rowsOf(await run('events', 'dead-letters', 'list', '--json'));
      expect(rows).toHaveLength(2);
      return rows;
    });
    expect(deadLetters).toMatchObject(
      [fixed, dropped].map(({ id, eventId }) => ({
        ...{ id: eventId, type: 'user.created', user_id: id, attempts: 2, waiting_behind: 1 },
        last_error: expect.stringContaining('larger than'),
      })),
    );

    await api.sql(`update outbox set data = '{"status":"active"}' where id = $1`, [fixed.eventId]);
    const requeued = await run('events', 'dead-letters', 'requeue', fixed.eventId);
    expect(requeued).toMatchObject({ code: 0, stdout: ['requeued 1 dead letter'] });
    const drop = ['events', 'dead-letters', 'drop', dropped.eventId];
    expect(await run(...drop)).toMatchObject({ code: 0, stdout: ['dropped 1 dead letter'] });
    expect((await run(...drop)).code).toBe(1);
    await eventually(async () => {
      const streamed = (await readStream(nats.url)).map(({ event }) => event);
      const typesOf = (id: string) =>
        streamed.filter(({ userId }) => userId === id).map(({ type }) => type);
      expect(typesOf(fixed.id)).toEqual(['user.created', 'session.started']);
      expect(typesOf(dropped.id)).toEqual(['session.started']);
    });
    expect((await run('events', 'dead-letters', 'list')).stderr).toEqual(['no dead letters']);
  });

  test('a mail dead letter is listed without personal data, requeued and dropped', async () => {
    const { api, run } = await useService(database);
    const account = await api.register({ email: 'canary@example.com' });
    const { access_token: token } = await api.signIn(account);
    const body = { current_password: account.password, new_password: 'eleven green umbrellas' };
    await api.send('PUT', `/v1/users/${account.id}/password`, { token, body });
    expect((await run('mail', 'dead-letters', 'list')).stderr).toEqual(['no dead letters']);
    await api.sql(`update mail_queue set failed_at = now(), attempts = 3, last_error = '550 no'`);

    const list = await run('mail', 'dead-letters', 'list', '--json');
    const [mail, ...others] = rowsOf(list);
    expect([mail, others]).toEqual([
      {
        ...{ id: expect.any(String), kind: 'password_changed', attempts: 3, last_error: '550 no' },
        ...{ created_at: expect.any(String), dead_at: expect.any(String) },
      },
      [],
    ]);
    const table = await run('mail', 'dead-letters', 'list');
    expect(table.stdout).toHaveLength(2);
    expect(list.output + table.output).not.toMatch(/canary|password was/);

    const id = String(mail?.id);
    const requeued = await run('mail', 'dead-letters', 'requeue', id);
    expect(requeued).toMatchObject({ code: 0, stdout: ['requeued 1 dead letter'] });
    expect(await api.sql('select attempts, failed_at from mail_queue')).toEqual([
      { attempts: 0, failed_at: null },
    ]);
    expect((await run('mail', 'dead-letters', 'drop', id)).code).toBe(1);
    await api.sql('update mail_queue set failed_at = now()');
    expect((await run('mail', 'dead-letters', 'drop', id)).stdout).toEqual([
      'dropped 1 dead letter',
    ]);
    expect(await api.sql('select id from mail_queue')).toEqual([]);
  });
});
