import {
  createRevocationPublisher,
  type RevocationPublisher,
} from '../application/access/publish-revocations.ts';
import { createOutboxRelay, type OutboxRelay } from '../application/outbox/relay-outbox.ts';
import type { Config } from '../config/schema.ts';
import { DependencyFailure } from '../domain/dependency-failure.ts';
import {
  type EventStream,
  StreamConflict,
  type StreamReader,
} from '../domain/outbox/event-stream.ts';
import type { HealthCheck, Logger } from '../domain/ports.ts';
import type { RevocationFeed } from '../domain/session/revocation-feed.ts';
import { createPostgresOutboxQueue } from '../infrastructure/database/postgres/outbox-queue.ts';
import type { Database } from '../infrastructure/database/sql.ts';
import { createJetStream, type JetStream } from '../infrastructure/messaging/jetstream.ts';
import {
  connectNats,
  createNatsHealthCheck,
  type NatsLink,
} from '../infrastructure/messaging/nats-connection.ts';
import { natsFailure } from '../infrastructure/messaging/nats-failure.ts';
import { createRelayWakeup } from '../infrastructure/messaging/relay-wakeup.ts';
import { createRevocationStream } from '../infrastructure/messaging/revocation-stream.ts';
import { createStreamReader } from '../infrastructure/messaging/stream-reader.ts';
import { createSystemClock, formatRfc3339 } from '../infrastructure/system/clock.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import type { Tracing } from '../infrastructure/tracing/tracing.ts';
import { writeRevocation, writeRevocationHeartbeat } from '../interfaces/api/schemas/revocation.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { ReleaseStack } from '../lib/release-stack.ts';
import { SERVICE_NAME } from './deps.ts';
import { StartError } from './start-error.ts';

/** NATS and the relay that publishes the outbox over it. */
export interface Broker {
  readonly link: NatsLink;
  readonly health: HealthCheck;
  readonly relay: OutboxRelay;
  readonly streamReader: StreamReader;
  readonly revocations: RevocationPublisher;
  /** Notifies the instance that publishes of a commit. */
  announceCommit(): void;
}

/**
 * Starts to connect to NATS; the server may be down.
 * @throws StartError when NATS is reachable and its stream cannot carry the events as configured.
 */
export async function openBroker(
  nats: Config['nats'],
  deps: {
    readonly database: Database;
    readonly instanceId: string;
    readonly logger: Logger;
    readonly tracing: Tracing | null;
    readonly revocations: RevocationSettings;
  },
  releases: ReleaseStack,
): Promise<Broker> {
  const { logger } = deps;
  const link = await connectNats(
    {
      ...nats,
      password: nats.password?.reveal(),
      token: nats.token?.reveal(),
      name: SERVICE_NAME,
    },
    { logger },
  );
  releases.register('the NATS connection', () => link.close(), LINK_RELEASE_MS);
  const { inboxPrefix } = nats;
  const stream = createJetStream({
    link,
    settings: { ...nats, name: nats.stream },
    monotonicMs,
    inboxPrefix,
  });
  await prepareEventStream({ link, stream, logger });
  const relay = createOutboxRelay({
    queue: createPostgresOutboxQueue(deps.database),
    stream: deps.tracing?.stream(stream) ?? stream,
    holder: deps.instanceId,
    monotonicMs,
    logger,
  });
  const revocations = openRevocations(nats, link, relay, deps);
  const otherInstances = createRelayWakeup({ link, onWake: () => relay.notify(), monotonicMs });
  releases.register('the relay wake-up', async () => otherInstances.close());
  return {
    link,
    health: brokerHealth(link, stream, relay),
    ...{ relay, revocations },
    streamReader: createStreamReader({ link, stream: nats.stream }),
    announceCommit() {
      if (relay.stats().state === 'publishing') relay.notify();
      else otherInstances.announce();
    },
  };
}

interface RevocationSettings {
  readonly feed: RevocationFeed;
  readonly stream: string;
  readonly replicas: number;
  /** How long a revocation can concern a valid token. */
  readonly lifeMs: number;
}

function openRevocations(
  { inboxPrefix }: Config['nats'],
  link: NatsLink,
  relay: OutboxRelay,
  { instanceId, logger, revocations }: Parameters<typeof openBroker>[1],
): RevocationPublisher {
  const { feed, stream: name, replicas, lifeMs } = revocations;
  const clock = createSystemClock();
  const stream = createRevocationStream({
    ...{ link, settings: { name, replicas, lifeMs }, instanceId, monotonicMs, inboxPrefix },
    now: () => formatRfc3339(clock.now()),
    writeEntry: writeRevocation,
    writeHeartbeat: writeRevocationHeartbeat,
  });
  return createRevocationPublisher({
    ...{ feed, stream, monotonicMs, logger },
    // One instance publishes for all, and it need not be exactly one: the messages replace themselves.
    isLeader: () => ['publishing', 'blocked'].includes(relay.stats().state),
  });
}

/** Down, too, while NATS answers and its stream does not take the events. */
function brokerHealth(link: NatsLink, stream: JetStream, relay: OutboxRelay): HealthCheck {
  return createNatsHealthCheck(link, async () => {
    await stream.check();
    const { state, failure } = relay.stats();
    if (state === 'blocked') {
      throw new DependencyFailure('stream_conflict', 'the stream cannot carry the events');
    }
    // A standby does not publish; the instance that does reports for it.
    if (state === 'publishing' && failure !== null) throw natsFailure(failure);
  });
}

/** Longer than the drain of the connection may take. */
const LINK_RELEASE_MS = 8_000;

/** Long enough for a reachable server; a start without NATS waits this long. */
const PREPARE_TIMEOUT_MS = 2_000;

/**
 * Creates or updates the stream before the service listens. When NATS does not answer in time, the start continues and
 * the relay prepares the stream once NATS answers.
 * @throws StartError when the stream cannot carry the events as configured.
 */
async function prepareEventStream(deps: {
  readonly link: Pick<NatsLink, 'onChange' | 'failure'>;
  readonly stream: Pick<EventStream, 'prepare'>;
  readonly logger: Logger;
}): Promise<void> {
  const { link, stream, logger } = deps;
  let unlisten = (): void => {};
  const connected = new Promise<void>((resolve) => {
    unlisten = link.onChange((isConnected) => void (isConnected && resolve()));
  });
  try {
    await withDeadline('preparing the event stream', PREPARE_TIMEOUT_MS, async () => {
      await connected;
      await stream.prepare();
    });
  } catch (error) {
    if (error instanceof StreamConflict) throw new StartError(error.message, { cause: error });
    const { reason } = link.failure() ?? natsFailure(error);
    logger.warn('could not prepare the event stream yet: events wait in the outbox', {
      reason,
      error,
    });
  } finally {
    unlisten();
  }
}
