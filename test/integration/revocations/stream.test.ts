import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  revocationHeartbeatSchema,
  revocationSchema,
} from '../../../src/interfaces/api/schemas/revocation.ts';
import { type Api, createApi, patientHashing } from '../../support/api.ts';
import { APP_DATABASES, useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';

const STREAM = 'USERS_REVOKED';

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats({ jetstream: true });
});
afterAll(() => nats.stop());

async function start(
  database: (typeof APP_DATABASES)[number],
  env: Readonly<Record<string, string>> = {},
  logger = createRecordingLogger(),
): Promise<Api> {
  const options = { database, logger };
  const app = await useTestApp({
    ...options,
    env: { ...patientHashing, NATS_SERVERS: nats.url, ...env },
  });
  await app.listen();
  return createApi(app);
}

async function client(): Promise<NatsConnection> {
  const connection = await connect({ servers: nats.url });
  onTestFinished(() => connection.close());
  return connection;
}

async function emptyBroker(): Promise<void> {
  const manager = await jetstreamManager(await client());
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
}

async function messageOf(subject: string): Promise<Readonly<Record<string, unknown>>> {
  const manager = await jetstreamManager(await client());
  const message = await manager.streams.getMessage(STREAM, { last_by_subj: subject });
  if (message === null) throw new Error(`no message on ${subject}`);
  return message.json();
}

const fits = (schema: object, value: unknown): boolean =>
  new Ajv2020({ strict: false, validateFormats: false }).validate(schema, value);

test.each(APP_DATABASES)(
  'on %s the stream has each revocation, and a heartbeat',
  async (database) => {
    await emptyBroker();
    const api = await start(database);
    const connection = await client();
    const beats = connection.subscribe('users.revocations.heartbeat', { max: 1 });
    const account = await api.register();
    const grant = await api.signIn(account);
    await api.send('DELETE', '/v1/sessions/current', { token: grant.access_token });
    const subject = `users.revoked.session.${grant.session_id}`;
    const entry = await eventually(() => messageOf(subject));
    expect(entry).toMatchObject({ kind: 'session', id: grant.session_id });
    expect(fits(revocationSchema, entry)).toBe(true);
    for await (const beat of beats) {
      expect(fits(revocationHeartbeatSchema, beat.json())).toBe(true);
    }
    // By a trigger: no use case lists it.
    const other = await api.signIn(account);
    await api.sql(`delete from sessions where user_id = '${account.id}'`);
    await eventually(() => messageOf(`users.revoked.session.${other.session_id}`));
    const { key } = await api.createService('users:admin');
    const body = { reason: 'Ticket 4711' };
    const all = await api.send('POST', '/v1/sessions/revoke-all', { token: key, body });
    await eventually(async () =>
      expect(await messageOf('users.revoked.all.all')).toMatchObject({
        ...{ kind: 'all', id: null, not_before: all.json().not_before },
      }),
    );
    const { config } = await (await jetstreamManager(connection)).streams.info(STREAM);
    expect(config).toMatchObject({
      subjects: ['users.revoked.>'],
      max_msgs_per_subject: 1,
      max_age: 720 * 1e9,
      storage: 'file',
      retention: 'limits',
    });
  },
);

test('a new life of tokens changes the stream, and both paths leave one message', async () => {
  await emptyBroker();
  const api = await start('embedded', { TOKENS_ACCESS_TTL: '20m', REVOCATIONS_STREAM: 'REVOKED' });
  const grant = await api.signIn(await api.register());
  await api.send('DELETE', '/v1/sessions/current', { token: grant.access_token });
  const manager = await jetstreamManager(await client());
  await eventually(async () => {
    const { state } = await manager.streams.info('REVOKED');
    expect(state.messages).toBe(1);
  });
  await api.app.stop();
  const { state } = await manager.streams.info('REVOKED');
  // The second path is recognised as a repetition, unless the first comparison with the stream is going on.
  expect(state.messages).toBe(1);
  expect(state.last_seq).toBeLessThanOrEqual(2);
  await start('embedded', { TOKENS_ACCESS_TTL: '15m', REVOCATIONS_STREAM: 'REVOKED' });
  await eventually(async () => {
    const { config } = await manager.streams.info('REVOKED');
    expect(config.max_age).toBe(17 * 60 * 1e9);
  });
});

test('a stream for something else is left alone, and sign-outs work', async () => {
  await emptyBroker();
  const manager = await jetstreamManager(await client());
  await manager.streams.add({ name: STREAM, subjects: ['something.else.>'] });
  const logger = createRecordingLogger();
  const api = await start('embedded', {}, logger);
  const grant = await api.signIn(await api.register());
  const answer = await api.send('DELETE', '/v1/sessions/current', { token: grant.access_token });
  expect(answer.statusCode).toBe(204);
  await eventually(() => {
    const texts = logger.lines.map((line) => JSON.stringify(line, errorsToo));
    expect(texts.some((text) => /not for revocations.*revocations\.stream/.test(text))).toBe(true);
  });
  expect((await manager.streams.info(STREAM)).config.subjects).toEqual(['something.else.>']);
});

const errorsToo = (_name: string, value: unknown): unknown =>
  value instanceof Error ? value.message : value;
