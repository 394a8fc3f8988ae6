import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { type MsgHdrs, headers as newHeaders } from '@nats-io/transport-node';
import { expect, it, onTestFinished } from 'vitest';
import { parseDuration } from '../../../src/config/duration.ts';
import { natsKeys } from '../../../src/config/keys-dependencies.ts';
import type { DomainEvent } from '../../../src/domain/events.ts';
import { unavailable } from '../../../src/domain/rejections.ts';
import { createJetStream } from '../../../src/infrastructure/messaging/jetstream.ts';
import { connectNats } from '../../../src/infrastructure/messaging/nats-connection.ts';
import { monotonicMs } from '../../../src/infrastructure/system/monotonic.ts';
import { endpoints, subjectOf } from '../../../src/interfaces/nats/endpoints.ts';
import { ADA_ID, SERVICE_KEY } from '../../http/support/fake-use-cases.ts';
import { documentedTypes } from '../../support/event-schemas.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { createNatsClient } from '../../support/nats-client.ts';
import { asyncApi, channelOf, differences } from './asyncapi-setup.ts';
import { startInstance, useNats } from './nats-service-setup.ts';

function toObject(fields: MsgHdrs | undefined): Record<string, string> {
  return Object.fromEntries([...(fields ?? [])].map(([name, values]) => [name, values.join(', ')]));
}

/** An event of each type, with the data of its example. */
function oneOfEach(): DomainEvent[] {
  return documentedTypes.map((type) => {
    const data = asyncApi.channels[type]?.messages.message?.examples[0]?.payload;
    const userId = type === 'authentication.failed' ? null : randomUUID();
    return { type, userId, userVersion: userId === null ? null : 1, data } as DomainEvent;
  });
}

it('documents every header and payload of the events, and the stream that holds them', async () => {
  const server = await useNats({ jetstream: true });
  const link = await connectNats(
    { servers: [server.url], tls: false },
    { logger: createSilentLogger() },
  );
  onTestFinished(() => link.close());
  const name = natsKeys['nats.stream'].fallback ?? '';
  const stream = createJetStream({
    link,
    monotonicMs,
    settings: {
      name,
      replicas: natsKeys['nats.replicas'].fallback ?? 0,
      maxAgeMs: natsKeys['nats.max_age'].fallback ?? 0,
      duplicateWindowMs: natsKeys['nats.duplicate_window'].fallback ?? 0,
    },
  });
  await eventually(() => stream.prepare());
  const events = [...oneOfEach(), { ...oneOfEach()[0], userId: randomUUID(), userVersion: 7 }];
  for (const event of events as DomainEvent[]) {
    await stream.add({ id: randomUUID(), event, time: new Date(), requestId: 'request-1' });
  }

  const { connection } = await createNatsClient({ servers: server.url });
  const manager = await jetstreamManager(connection);
  const channels = new Set<string>();
  for (const seq of events.keys()) {
    const stored = await manager.streams.getMessage(name, { seq: seq + 1 });
    if (stored === null) throw new Error(`the stream has no message ${seq + 1}`);
    const channel = channelOf(stored.subject);
    channels.add(channel);
    const headers = toObject(stored.header);
    expect(headers['Nats-Expected-Stream']).toBe('USERS');
    expect(differences(channel, 'message', { headers, payload: stored.json() }), channel).toEqual(
      [],
    );
    const more = { headers: { ...headers, 'X-New': '1' }, payload: stored.json() };
    expect(differences(channel, 'message', more)).toEqual(['the header X-New is not documented']);
  }
  expect([...channels].sort()).toEqual(documentedTypes);

  const { config } = await manager.streams.info(name);
  const { max_age, duplicate_window, ...same } = asyncApi['x-jetstream'];
  expect(config).toMatchObject(same);
  expect(parseDuration(String(max_age))).toBe(config.max_age / 1e6);
  expect(parseDuration(String(duplicate_window))).toBe(config.duplicate_window / 1e6);
});

it('documents filter subjects that select the events of one channel', async () => {
  const server = await useNats({ jetstream: true });
  const { connection } = await createNatsClient({ servers: server.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'USERS', subjects: ['users.events.>'] });
  for (const type of documentedTypes) connection.publish(`users.events.${type}.${ADA_ID}`, '{}');
  await connection.flush();
  for (const type of documentedTypes) {
    const filter = /`(users\.[^`]+)`/.exec(asyncApi.channels[type]?.description ?? '')?.[1] ?? '';
    const { name, num_pending } = await manager.consumers.add('USERS', {
      durable_name: type.replace('.', '-'),
      filter_subject: filter,
      ack_policy: 'explicit',
      deliver_policy: 'all',
    });
    expect([name, num_pending], filter).toEqual([type.replace('.', '-'), 1]);
  }
});

it('documents requests that succeed, and every header and payload of the replies', async () => {
  const server = await useNats();
  await startInstance(server.url);
  const { connection } = await createNatsClient({ servers: server.url });
  await eventually(() => connection.request('users.v1.health', ''));
  for (const subject of endpoints.map(subjectOf)) {
    const { headers = {}, payload } =
      asyncApi.channels[subject]?.messages.request?.examples[0] ?? {};
    const fields = newHeaders();
    for (const [name, value] of Object.entries(headers)) fields.set(name, value);
    if ('Authorization' in headers) fields.set('Authorization', `Bearer ${SERVICE_KEY}`);
    const body = subject === 'users.v1.get' ? { id: ADA_ID } : payload;
    const reply = await connection.request(subject, JSON.stringify(body), {
      headers: fields,
      timeout: 5_000,
    });
    const found = { headers: toObject(reply.headers), payload: reply.json() };
    expect(found.headers['X-Request-Id']).toBe(headers['X-Request-Id']);
    expect(differences(`${subject}.reply`, 'response', found), subject).toEqual([]);
  }
});

it('documents every header and payload of a problem, as a message of its code', async () => {
  const server = await useNats();
  await startInstance(server.url, {
    useCases: {
      users: {
        list: () => Promise.reject(unavailable('The database does not answer.')),
        getPublicProfiles: () => Promise.reject(new Error('a fault of the service')),
      },
    },
  });
  const { connection } = await createNatsClient({ servers: server.url });
  await eventually(() => connection.request('users.v1.health', ''));
  const problems: readonly [string, string, string | null, string][] = [
    ['unauthenticated', 'users.v1.get', null, '{}'],
    ['invalid_token', 'users.v1.get', 'usk_wrong', '{}'],
    ['malformed_request', 'users.v1.get', SERVICE_KEY, '{'],
    ['payload_too_large', 'users.v1.get', SERVICE_KEY, ' '.repeat(40_000)],
    ['validation_failed', 'users.v1.get', SERVICE_KEY, '{"id":7}'],
    ['user_not_found', 'users.v1.get', SERVICE_KEY, JSON.stringify({ id: randomUUID() })],
    ['unavailable', 'users.v1.get-by-email', SERVICE_KEY, '{"email":"ada@example.com"}'],
    ['internal_error', 'users.v1.public-profiles', SERVICE_KEY, `{"ids":["${ADA_ID}"]}`],
  ];
  for (const [code, subject, key, body] of problems) {
    const headers = newHeaders();
    if (key !== null) headers.set('Authorization', `Bearer ${key}`);
    const reply = await connection.request(subject, body, { headers, timeout: 5_000 });
    const found = { headers: toObject(reply.headers), payload: reply.json() };
    expect(found.headers['Nats-Service-Error']).toBe(code);
    expect(differences(`${subject}.reply`, code, found), code).toEqual([]);
  }
});

it('documents the payload of a heartbeat', async () => {
  const server = await useNats();
  const { connection } = await createNatsClient({ servers: server.url });
  const received: { readonly subject: string; readonly payload: unknown }[] = [];
  connection.subscribe('users.health.*', {
    callback: (_error, message) =>
      void received.push({ subject: message.subject, payload: message.json() }),
  });
  await connection.flush();
  const instance = await startInstance(server.url, {
    settings: { heartbeatIntervalMs: 3_600_000, heartbeatPollMs: 20 },
  });
  await eventually(() => expect(received).toHaveLength(1));
  await instance.stop();
  await eventually(() => expect(received).toHaveLength(2));
  for (const { subject, payload } of received) {
    expect(channelOf(subject)).toBe('health');
    expect(differences('health', 'message', { payload })).toEqual([]);
  }
});
