import { randomUUID } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import { createOutboxRelay, type OutboxRelay } from '../../src/application/outbox/relay-outbox.ts';
import type { RelaySettings } from '../../src/application/outbox/relay-settings.ts';
import type { DomainEvent } from '../../src/domain/events.ts';
import type { EventStream } from '../../src/domain/outbox/event-stream.ts';
import type { Logger } from '../../src/domain/ports.ts';
import { createPostgresOutbox } from '../../src/infrastructure/database/postgres/outbox.ts';
import { createPostgresOutboxQueue } from '../../src/infrastructure/database/postgres/outbox-queue.ts';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import {
  createJetStream,
  type StreamSettings,
} from '../../src/infrastructure/messaging/jetstream.ts';
import {
  connectNats,
  type NatsLink,
  type NatsSettings,
} from '../../src/infrastructure/messaging/nats-connection.ts';
import {
  createRelayWakeup,
  type RelayWakeup,
} from '../../src/infrastructure/messaging/relay-wakeup.ts';
import { createSystemClock } from '../../src/infrastructure/system/clock.ts';
import { createUuidV7Generator } from '../../src/infrastructure/system/ids.ts';
import { monotonicMs } from '../../src/infrastructure/system/monotonic.ts';
import { readStream, type StreamedEvent } from './event-stream.ts';
import { eventually } from './eventually.ts';
import { createSilentLogger } from './logger.ts';

export interface TestRelay {
  readonly relay: OutboxRelay;
  readonly link: NatsLink;
  readonly stream: EventStream;
  /** Announces commits to the relays of other instances. */
  readonly wakeup: RelayWakeup;
  /** Stops the relay and closes its connection. May be called twice. */
  stop(): Promise<void>;
}

const streamSettings: StreamSettings = {
  name: 'USERS',
  replicas: 1,
  maxAgeMs: 7 * 86_400_000,
  duplicateWindowMs: 3_600_000,
};

interface RelayOptions {
  readonly database: Database;
  readonly url: string;
  readonly stream?: Partial<StreamSettings>;
  readonly settings?: Partial<RelaySettings>;
  readonly timeoutMs?: number;
  readonly logger?: Logger;
  /** Connection settings besides the address. */
  readonly connection?: Partial<NatsSettings>;
}

/** Starts a relay and stops it at the end of the test. */
export async function startRelay(options: RelayOptions): Promise<TestRelay> {
  const relay = await runRelay(options);
  onTestFinished(relay.stop);
  return relay;
}

/** Starts a relay on a database and a NATS server, as the service does. */
export async function runRelay(options: RelayOptions): Promise<TestRelay> {
  const {
    database,
    url,
    settings = {},
    timeoutMs = 1_000,
    logger = createSilentLogger(),
  } = options;
  const link = await connectNats(
    { servers: [url], tls: false, pingIntervalMs: 500, ...options.connection },
    { logger },
  );
  const stream = createJetStream({
    link,
    settings: { ...streamSettings, ...options.stream },
    monotonicMs,
    timeoutMs,
    inboxPrefix: options.connection?.inboxPrefix,
  });
  const relay = createOutboxRelay({
    queue: createPostgresOutboxQueue(database),
    stream,
    holder: randomUUID(),
    monotonicMs,
    logger,
    settings: { retryMs: 50, ...settings },
  });
  const wakeup = createRelayWakeup({ link, onWake: () => relay.notify(), monotonicMs });
  const stopping = new AbortController();
  const finished = relay.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await finished;
    wakeup.close();
    await link.close();
  };
  return { relay, link, stream, wakeup, stop };
}

/** Commits these events in this order in one transaction, as a use case does. */
export async function commitEvents(
  database: Database,
  events: readonly DomainEvent[],
): Promise<void> {
  const stamp = {
    ids: createUuidV7Generator(),
    clock: createSystemClock(),
    requestId: 'request-1',
  };
  await database.transaction((connection) =>
    createPostgresOutbox(connection, stamp).append(events),
  );
}

/** The first `versions` events of a new user. */
export function lifeOf(userId: string, versions: number): DomainEvent[] {
  return Array.from({ length: versions }, (_, index) =>
    index === 0
      ? { type: 'user.created', userId, userVersion: 1, data: { status: 'active' } }
      : {
          type: 'user.updated',
          userId,
          userVersion: index + 1,
          data: { changed_fields: ['phone'] },
        },
  );
}

/** Commits the events of new users, one version of all users per transaction. @returns the ids of the users. */
export async function commitLives(
  database: Database,
  users: number,
  versions: number,
): Promise<string[]> {
  const ids = Array.from({ length: users }, () => randomUUID());
  const lives = ids.map((id) => lifeOf(id, versions));
  for (let version = 0; version < versions; version += 1) {
    await commitEvents(
      database,
      lives.flatMap((life) => life.slice(version, version + 1)),
    );
  }
  return ids;
}

/** Waits until every event is published, and reads the whole stream. */
export async function waitUntilDrained(
  database: Pick<Database, 'query'>,
  url: string,
  timeoutMs = 10_000,
): Promise<readonly StreamedEvent[]> {
  await eventually(
    async () => {
      const { rows } = await database.query<{ waiting: number }>(
        'select count(*)::int as waiting from outbox where published_at is null',
      );
      expect(rows[0]?.waiting).toBe(0);
    },
    { timeoutMs, what: 'an empty queue' },
  );
  return readStream(url);
}

/**
 * Expects every committed event once, in order for each user, at the sequence in its row; and no other event. Events
 * without a user have no order.
 */
export async function expectEveryEvent(
  database: Pick<Database, 'query'>,
  streamed: readonly StreamedEvent[],
): Promise<void> {
  const { rows } = await database.query<{
    id: string;
    user_id: string | null;
    sequence: number;
  }>('select id, user_id, stream_sequence::int as sequence from outbox order by position');
  const committed = rows.map(({ id, user_id, sequence }) => ({ id, userId: user_id, sequence }));
  const found = streamed.map(({ id, event, sequence }) => ({ id, userId: event.userId, sequence }));
  expect(byUser(found)).toEqual(byUser(committed));
}

function byUser<T extends { readonly userId: string | null; readonly sequence: number }>(
  events: readonly T[],
): ReadonlyMap<string | null, readonly T[]> {
  const result = new Map<string | null, T[]>();
  for (const event of events) {
    result.set(event.userId, [...(result.get(event.userId) ?? []), event]);
  }
  result.get(null)?.sort((one, other) => one.sequence - other.sequence);
  return result;
}
