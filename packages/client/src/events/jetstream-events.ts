import type { Consumer, ConsumerInfo, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { pause } from '../lib/backoff.ts';
import { nameOf, readEventMessage, type UserEvent } from './event.ts';
import { type Retrying, Transient, untilItWorks } from './retry.ts';
import { PositionGone } from './service.ts';
import {
  checkTypes,
  type Delivery,
  type EventBatch,
  type EventSelection,
  type EventSource,
  type Opening,
  typeFilter,
} from './source.ts';

/** A connection of `@nats-io/transport-node`. Let it reconnect without end: `maxReconnectAttempts: -1`. */
export interface JetStreamConnection {
  isClosed(): boolean;
  closed(): Promise<unknown>;
}

export interface JetStreamEventsOptions {
  readonly connection: JetStreamConnection;
  /** Name of the durable consumer, which keeps the place. One process at a time uses it: two would share its events. */
  readonly durable: string;
  /** `nats.stream` of the service; `USERS` by default. */
  readonly stream?: string;
  /** Where a new consumer begins: with the `oldest` event of the stream (the default) or the `latest`. */
  readonly from?: 'oldest' | 'latest';
  /** The server delivers an event again that was not acknowledged or extended for so long; 10,000 ms by default. */
  readonly ackWaitMs?: number;
}

type Library = typeof import('@nats-io/jetstream');

const DEFAULT_ACK_WAIT_MS = 10_000;
const MIN_ACK_WAIT_MS = 1_000;
/** A request for messages ends after this time at the latest, and so does a stop. */
const PULL_MS = 2_000;
/** Before the next request after one that was interrupted. */
const RETRY_PULL_MS = 250;
/** Events that are unacknowledged at a time; far more than a process has in hand. */
const MAX_ACK_PENDING = 1_000;
/** Acknowledgements can get lost with a connection: so many are remembered, and given again. */
const MAX_REMEMBERED = 10_000;
const NANOS = 1_000_000;
/** Of the JetStream API. */
const CONSUMER_NOT_FOUND = 10_014;

/** Reads events from JetStream. It needs the package `@nats-io/jetstream`. */
export function jetStreamEvents(options: JetStreamEventsOptions): EventSource {
  const { connection, durable, stream = 'USERS', from = 'oldest' } = options;
  const ackWaitMs = options.ackWaitMs ?? DEFAULT_ACK_WAIT_MS;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(durable)) {
    throw new TypeError('durable must be 1 to 64 letters, digits, _ and -.');
  }
  if (!(ackWaitMs >= MIN_ACK_WAIT_MS)) {
    throw new TypeError(`ackWaitMs must be at least ${MIN_ACK_WAIT_MS}.`);
  }

  return {
    async open(opening) {
      checkTypes(opening.types);
      const library = await import('@nats-io/jetstream');
      const jetStream = { library, connection, stream, durable, ackWaitMs };
      const found = await ask(jetStream, opening, async (manager) => ({
        known: await findConsumer(library, manager, stream, durable),
        firstSequence: (await manager.streams.info(stream)).state.first_seq,
      }));
      const { known, firstSequence } = found;
      const hand = createHand(ackWaitMs);
      return {
        state: known === null ? 'new' : hasMissed(known, firstSequence) ? 'behind' : 'continued',
        async prepare() {
          const policy = known?.config.deliver_policy ?? (from === 'latest' ? 'new' : 'all');
          await ask(jetStream, opening, (manager) =>
            manager.consumers.add(stream, {
              durable_name: durable,
              ack_policy: library.AckPolicy.Explicit,
              deliver_policy: policy as ConsumerInfo['config']['deliver_policy'],
              ack_wait: ackWaitMs * NANOS,
              max_ack_pending: MAX_ACK_PENDING,
              filter_subject: filterSubject(opening),
            }),
          );
        },
        batches: () => readBatches(jetStream, opening, hand),
        close: async () => hand.end(),
      };
    },
  };
}

interface JetStream {
  readonly library: Library;
  readonly connection: JetStreamConnection;
  readonly stream: string;
  readonly durable: string;
  readonly ackWaitMs: number;
}

/** Asks the server until it answers. @throws PositionGone when the consumer or the stream is not there any more */
async function ask<T>(
  { library, connection }: JetStream,
  retrying: Retrying,
  question: (manager: JetStreamManager) => Promise<T>,
): Promise<T> {
  // The package declares the connection with all its members.
  const nats = connection as unknown as Parameters<Library['jetstreamManager']>[0];
  return await untilItWorks(async () => {
    if (connection.isClosed()) throw new Error('The connection to NATS is closed.');
    try {
      return await question(await library.jetstreamManager(nats));
    } catch (error) {
      if (isMissingConsumer(library, error)) throw gone();
      throw new Transient('JetStream does not answer as expected.', { cause: error });
    }
  }, retrying);
}

function gone(): PositionGone {
  return new PositionGone('The consumer is not there any more: its stream was replaced.');
}

function isMissingConsumer({ JetStreamApiError }: Library, error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
}

async function findConsumer(
  library: Library,
  manager: JetStreamManager,
  stream: string,
  durable: string,
): Promise<ConsumerInfo | null> {
  try {
    return await manager.consumers.info(stream, durable);
  } catch (error) {
    if (isMissingConsumer(library, error)) return null;
    throw error;
  }
}

/** Whether the stream has dropped messages that the consumer had not acknowledged. It may say so of other subjects. */
function hasMissed(known: ConsumerInfo, firstSequence: number): boolean {
  const { num_ack_pending: unacknowledged, ack_floor: floor, delivered } = known;
  const reached = unacknowledged > 0 ? floor.stream_seq : delivered.stream_seq;
  return reached + 1 < firstSequence;
}

/** Servers before 2.10 take one filter: the narrowest that has all selected events. */
function filterSubject({ types, user = '*' }: EventSelection): string {
  const last = user === '*' ? '>' : user;
  const only = types?.length === 1 ? types[0] : undefined;
  if (only !== undefined && !only.endsWith('.*')) return `users.events.${only}.${user}`;
  const groups = new Set(types?.map((type) => type.split('.')[0]));
  const group = groups.size === 1 ? [...groups][0] : '*';
  if (group === '*' && last === '>') return 'users.events.>';
  return last === '>' ? `users.events.${group}.>` : `users.events.${group}.*.${last}`;
}

async function* readBatches(
  jetStream: JetStream,
  opening: Opening,
  hand: Hand,
): AsyncGenerator<EventBatch> {
  const { signal } = opening;
  const isWanted = typeFilter(opening.types);
  const consumer = await openConsumer(jetStream, opening);
  await letOthersComeFirst(jetStream, opening, hand);
  while (!signal.aborted) {
    const pull = startPull(consumer, opening.maxBatch);
    for await (const messages of pull.batches()) {
      const deliveries = messages.flatMap((message) => {
        const event = readMessage(message);
        if (event !== null && isWanted(nameOf(event))) return hand.take(message, event) ?? [];
        message.ack();
        return [];
      });
      if (deliveries.length > 0) yield { deliveries, position: null };
    }
    if (pull.failure() === undefined || signal.aborted) continue;
    await pause(RETRY_PULL_MS, signal);
    // Messages of an interrupted request come again, and have to come before later ones.
    await ask(jetStream, opening, (manager) =>
      manager.consumers.info(jetStream.stream, jetStream.durable),
    );
    await letOthersComeFirst(jetStream, opening, hand);
  }
}

function openConsumer(jetStream: JetStream, opening: Opening): Promise<Consumer> {
  const { stream, durable } = jetStream;
  return ask(jetStream, opening, async (manager) =>
    manager.jetstream().consumers.get(stream, durable),
  );
}

/** What was delivered and not acknowledged comes again after the wait, before everything else. */
async function letOthersComeFirst(
  jetStream: JetStream,
  opening: Opening,
  hand: Hand,
): Promise<void> {
  const { stream, durable, ackWaitMs } = jetStream;
  if (!opening.inOrder) return;
  const { num_ack_pending: unacknowledged } = await ask(jetStream, opening, (manager) =>
    manager.consumers.info(stream, durable),
  );
  if (unacknowledged > hand.size()) await pause(ackWaitMs, opening.signal);
}

interface Pull {
  /** Messages as they arrive, together with those that are on their way. */
  batches(): AsyncGenerator<readonly JsMsg[]>;
  failure(): unknown;
}

/** One request for messages. It is read at once: a slow reader must not look like a silent server. */
function startPull(consumer: Consumer, maxBatch: number): Pull {
  const arrived: JsMsg[] = [];
  let isOver = false;
  let failure: unknown;
  let wake = (): void => {};
  async function receive(): Promise<void> {
    try {
      const messages = await consumer.fetch({ max_messages: maxBatch, expires: PULL_MS });
      for await (const message of messages) {
        arrived.push(message);
        wake();
      }
    } catch (error) {
      failure = error;
    }
    isOver = true;
    wake();
  }
  void receive();
  return {
    failure: () => failure,
    async *batches() {
      while (!isOver || arrived.length > 0) {
        const isComplete = arrived.length > 0 && arrived.at(-1)?.info.pending === 0;
        if (isOver || isComplete) yield arrived.splice(0);
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

function readMessage({ headers, data }: JsMsg): UserEvent | null {
  const header = (name: string): string => headers?.get(name) ?? '';
  return readEventMessage(header, new TextDecoder().decode(data));
}

/** The messages that this process works on. The server hears of them, so that it does not deliver them again. */
interface Hand {
  /** @returns null for a message that is in hand or was acknowledged before */
  take(message: JsMsg, event: UserEvent): Delivery | null;
  size(): number;
  end(): void;
}

function createHand(ackWaitMs: number): Hand {
  const held = new Map<number, JsMsg>();
  const acknowledged = new Set<number>();
  const timer = setInterval(() => {
    for (const message of held.values()) message.working();
  }, ackWaitMs / 3);
  return {
    take(message, event) {
      const { seq } = message;
      if (held.has(seq)) return null;
      if (acknowledged.has(seq)) {
        message.ack();
        return null;
      }
      held.set(seq, message);
      return {
        event,
        ack() {
          held.delete(seq);
          message.ack();
          acknowledged.add(seq);
          const [oldest] = acknowledged;
          if (acknowledged.size > MAX_REMEMBERED && oldest !== undefined)
            acknowledged.delete(oldest);
        },
        release() {
          held.delete(seq);
          message.nak();
        },
      };
    },
    size: () => held.size,
    end: () => clearInterval(timer),
  };
}
