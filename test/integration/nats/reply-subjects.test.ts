import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApi, createPerson, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { createNatsClient, type NatsClient } from '../../support/nats-client.ts';
import { startNats } from '../../support/nats-server.ts';

const PASSWORD = 'only-in-this-test';
const configuration = readFileSync(
  fileURLToPath(new URL('../../../deploy/nats-users.conf', import.meta.url)),
  'utf8',
);
/** Without comments, and with an operator who may do everything. */
const accounts = configuration
  .replaceAll(/#.*$/gm, '')
  .replaceAll(/\$\w+_PASSWORD/g, `"${PASSWORD}"`)
  .replace('users: [', `users: [ { user: operator, password: "${PASSWORD}" }`);

/** The subjects that the example lets the service publish to, with a token for each wildcard. */
function publishedSubjects(): string[] {
  const [, service = ''] = /user: "user-service"(.*?)user: "consumer"/s.exec(accounts) ?? [];
  const [, list = ''] = /publish: \[(.*?)\]/s.exec(service) ?? [];
  return [...list.matchAll(/"([^"]+)"/g)].map(([, subject = '']) => subject.replace('>', 'x.y'));
}

/** Further subjects that must never get a reply, whatever the rights. */
const DANGEROUS = [
  'users.events.user.deleted.0198c0de-0000-7000-8000-00000000000b',
  'users.health.spoofed',
  'users.relay.wake',
  'users.v1.get',
  '$JS.API.STREAM.PURGE.USERS',
  '$JS.API.STREAM.DELETE.USERS',
  '$JS.API.CONSUMER.DELETE.USERS.consumer',
  '$SRV.PING',
  '_INBOX',
  '_INBOXES.x',
];

const REVOCATION_HEARTBEAT = 'users.revocations.heartbeat';

const DISCOVERY = ['PING', 'INFO', 'STATS'].flatMap((verb) => [
  `$SRV.${verb}`,
  `$SRV.${verb}.user-service`,
]);

async function useWorld(authorization: 'example' | 'none', rights = accounts) {
  const isExample = authorization === 'example';
  const server = await startNats({ jetstream: true, ...(isExample ? { accounts: rights } : {}) });
  onTestFinished(() => server.stop());
  const login = (user: string) => (isExample ? { user, pass: PASSWORD } : {});
  const logger = createRecordingLogger();
  const app = await useTestApp({
    database: 'embedded',
    logger,
    env: {
      ...patientHashing,
      NATS_SERVERS: server.url,
      ...(isExample ? { NATS_USER: 'user-service', NATS_PASSWORD: PASSWORD } : {}),
      NATS_INBOX_PREFIX: '_INBOX_user-service',
    },
  });
  await app.listen();
  const client = await createNatsClient({
    servers: server.url,
    inboxPrefix: '_INBOX_consumer',
    ...login('consumer'),
  });
  await eventually(() => client.call('users.v1.health'), { what: 'a response over NATS' });
  const operator = await connect({ servers: server.url, ...login('operator') });
  onTestFinished(() => operator.close());
  const api = createApi(app);
  return { server, api, logger, client, operator, login };
}

/** Every subject that someone publishes to from now on, without inboxes, heartbeats and the acknowledged events. */
function watch(operator: NatsConnection): string[] {
  const seen: string[] = [];
  operator.subscribe('users.>', {
    callback(_error, message) {
      // A reply to a request has no epoch.
      const isBeat = message.subject === REVOCATION_HEARTBEAT && 'epoch' in message.json<object>();
      if (!isBeat) seen.push(message.subject);
    },
  });
  operator.subscribe('_INBOXES.>', { callback: (_error, { subject }) => void seen.push(subject) });
  operator.subscribe('_INBOX', { callback: (_error, { subject }) => void seen.push(subject) });
  return seen;
}

async function streamState(operator: NatsConnection) {
  const { state, created, config } = await (await jetstreamManager(operator)).streams.info('USERS');
  const { messages, first_seq, last_seq } = state;
  return { messages, first_seq, last_seq, created, subjects: config.subjects };
}

/** Waits until the service has handled what the client sent before. */
async function settle(client: NatsClient): Promise<void> {
  await client.connection.flush();
  for (const subject of ['users.v1.get', 'users.v1.health']) await client.call(subject);
}

async function dropped(api: ReturnType<typeof createApi>, reason: string): Promise<number> {
  const { body } = await api.send('GET', '/metrics');
  const pattern = new RegExp(
    `^user_service_nats_dropped_requests_total\\{reason="${reason}"\\} (\\d+)`,
    'm',
  );
  return Number(pattern.exec(String(body))?.[1] ?? 0);
}

describe.each(['example', 'none'] as const)('with authorization: %s', (authorization) => {
  test('a reply subject that is no inbox changes nothing and gets nothing, from endpoints and discovery', async () => {
    const { api, client, operator, logger } = await useWorld(authorization);
    const ada = await api.register();
    const { key } = await api.createService('users:read');
    await eventually(async () => expect((await streamState(operator)).messages).toBe(1));
    const before = await streamState(operator);
    const seen = watch(operator);
    await operator.flush();

    const subjects = [...publishedSubjects(), ...DANGEROUS].filter(
      (subject) => !/^_INBOX(_consumer)?\./.test(subject),
    );
    expect(subjects.length).toBeGreaterThan(15);
    const withKey = headers();
    withKey.set('Authorization', `Bearer ${key}`);
    const body = JSON.stringify({ id: ada.id });
    for (const reply of subjects) {
      client.connection.publish('users.v1.get', '{"id":"x"}', { reply });
      client.connection.publish('users.v1.get', body, { reply, headers: withKey });
      client.connection.publish('users.v1.health', '', { reply });
      for (const subject of DISCOVERY) operator.publish(subject, '', { reply });
    }
    await operator.flush();
    await operator.request('$SRV.PING.user-service', '', { timeout: 5_000 });
    await settle(client);

    expect(await streamState(operator)).toEqual(before);
    const requests = /^users\.v1\.(get|health)$/;
    const beats = /^users\.health\.[0-9a-f-]{36}$/;
    const own = seen.filter((subject) => requests.test(subject)).length;
    expect(seen.filter((subject) => !requests.test(subject) && !beats.test(subject))).toEqual([]);
    // Nothing but the requests of this test, and no reply that is a request.
    expect(own).toBe(3 * subjects.length + 2);
    const read = await api.send('GET', `/v1/users/${ada.id}`, { token: key });
    expect(read.body).toContain(ada.id);
    expect((await api.send('GET', '/health')).json()).toMatchObject({ status: 'ok' });

    expect(await dropped(api, 'reply_not_inbox')).toBe(subjects.length * (3 + DISCOVERY.length));
    const lines = logger.lines.filter(({ message }) => /reply subject is no inbox/.test(message));
    expect(lines.length).toBe(1);
    expect(JSON.stringify(lines)).not.toContain(ada.id);
  });

  test('discovery and requests get their replies on an inbox of the account', async () => {
    const { client, operator } = await useWorld(authorization);
    for (const subject of DISCOVERY) {
      const { data } = await operator.request(subject, '', { timeout: 5_000 });
      expect(JSON.parse(Buffer.from(data).toString())).toMatchObject({ name: 'user-service' });
    }
    expect(await client.call('users.v1.get')).toMatchObject({ status: 401 });
  });
});

test('a request without a reply subject is counted and not handled', async () => {
  const { api, client } = await useWorld('none');
  client.connection.publish('users.v1.get', '{}');
  await settle(client);
  expect(await dropped(api, 'no_reply')).toBe(1);
});

describe('with the rights of the example', () => {
  test('a consumer reads the stream with a durable consumer of its own name, and with no other', async () => {
    const { api, client, operator, server, login } = await useWorld('example');
    await api.register();
    await eventually(async () => expect((await streamState(operator)).messages).toBe(1));
    const connection = await connect({
      servers: server.url,
      inboxPrefix: '_INBOX_consumer',
      ...login('consumer'),
    });
    onTestFinished(() => connection.close());
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const config = {
      durable_name: 'consumer',
      ack_policy: 'explicit',
      filter_subject: 'users.events.user.>',
    };
    await manager.consumers.add('USERS', config as never);
    const consumer = await jetstream(connection).consumers.get('USERS', 'consumer');
    const message = await consumer.next({ expires: 5_000 });
    expect(message?.headers?.get('ce-type')).toBe('user-service.user.created.v1');
    expect(await message?.ackAck()).toBe(true);

    const operatorManager = await jetstreamManager(operator);
    await operatorManager.consumers.add('USERS', {
      durable_name: 'billing',
      ack_policy: 'explicit',
    } as never);
    for (const subject of [
      '$JS.API.CONSUMER.DELETE.USERS.billing',
      '$JS.API.CONSUMER.INFO.USERS.billing',
      '$JS.API.CONSUMER.MSG.NEXT.USERS.billing',
      '$JS.API.CONSUMER.CREATE.USERS',
      '$JS.API.CONSUMER.CREATE.USERS.billing',
      '$JS.API.CONSUMER.LIST.USERS',
      '$JS.API.STREAM.PURGE.USERS',
      '$JS.API.STREAM.MSG.GET.USERS',
      'users.events.user.deleted.x',
      'users.health.x',
      'users.relay.wake',
    ]) {
      await expect(
        client.connection.request(subject, '{}', { timeout: 1_000 }),
        subject,
      ).rejects.toThrow(/Permissions Violation for Publish/);
    }
    await expect(
      manager.consumers.add('USERS', {
        name: 'consumer',
        durable_name: 'billing',
        ack_policy: 'explicit',
      } as never),
    ).rejects.toThrow();
    expect((await operatorManager.consumers.info('USERS', 'billing')).name).toBe('billing');
  });

  test('a consumer cannot listen to the inboxes of others', async () => {
    const { client } = await useWorld('example');
    for (const subject of [
      '_INBOX.>',
      '_INBOX_user-service.>',
      '_INBOX_other.>',
      '>',
      'users.v1.>',
    ]) {
      const subscription = client.connection.subscribe(subject);
      await expect(
        (async () => {
          for await (const message of subscription) return message.subject;
        })(),
        subject,
      ).rejects.toThrow(/Permissions Violation for Subscription/);
    }
  });

  test('a push consumer that delivers events as requests gets no reply and changes nothing', async () => {
    const { api, client, operator } = await useWorld('example');
    await api.register();
    await eventually(async () => expect((await streamState(operator)).messages).toBe(1));
    const before = await streamState(operator);
    const config = {
      durable_name: 'consumer',
      ack_policy: 'explicit',
      deliver_policy: 'all',
      deliver_subject: 'users.v1.get',
      deliver_group: 'user-service',
    };
    await client.connection.request(
      '$JS.API.CONSUMER.DURABLE.CREATE.USERS.consumer',
      JSON.stringify({ stream_name: 'USERS', config }),
    );
    await eventually(async () => expect(await dropped(api, 'reply_not_inbox')).toBe(1));
    expect(await streamState(operator)).toEqual(before);
  });
});

test('the example lets a caller change users and introspect tokens, and no reply subject but an inbox gets the change done', async () => {
  const { api, client } = await useWorld('example');
  const { key } = await api.createService('users:write', 'users:admin', 'tokens:introspect');
  const created = await client.call('users.v1.create', { token: key, body: createPerson() });
  expect(created.status).toBe(200);
  const { id } = created.body as { id: string };
  expect(
    await client.call('tokens.v1.introspect', { token: key, body: { token: 'none' } }),
  ).toMatchObject({ status: 200, body: { active: false } });

  const withKey = headers();
  withKey.set('Authorization', `Bearer ${key}`);
  const body = JSON.stringify({ id, reason: 'Reported' });
  const before = await dropped(api, 'reply_not_inbox');
  for (const reply of ['users.events.user.disabled.x', 'users.v1.enable', 'tokens.v1.introspect']) {
    client.connection.publish('users.v1.disable', body, { reply, headers: withKey });
  }
  await settle(client);
  const read = await api.send('GET', `/v1/users/${id}/acts`, { token: key });
  expect(read.json()).toEqual({ acts: [] });
  expect(await dropped(api, 'reply_not_inbox')).toBe(before + 3);
});

test('an account without the rights on tokens.v1 serves the other subjects, and says which one it lacks', async () => {
  const [, service = ''] = /(user: "user-service".*?)user: "consumer"/s.exec(accounts) ?? [];
  const older = accounts.replace(service, service.replace('"tokens.v1.>",', ''));
  expect(older).not.toBe(accounts);
  const { api, client, logger } = await useWorld('example', older);
  const ada = await api.register();
  const { key } = await api.createService('users:read', 'users:admin');
  const refused = 'the NATS account may not subscribe to a subject of the service';
  await eventually(() =>
    expect(logger.lines.filter(({ message }) => message === refused)).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({ subject: 'tokens.v1.introspect' }),
      }),
    ]),
  );
  await eventually(async () => {
    const read = await client.call('users.v1.get', { token: key, body: { id: ada.id } });
    expect(read.status).toBe(200);
  });
  const call = { token: key, body: { id: ada.id, reason: 'Reported' } };
  expect((await client.call('users.v1.disable', call)).status).toBe(200);
});
