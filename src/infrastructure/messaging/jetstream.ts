import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from '@nats-io/jetstream';
import { errors, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { RecordedEvent } from '../../domain/events.ts';
import {
  EventHeldBack,
  EventRefused,
  type EventStream,
  OutcomeUnknown,
  type StreamPlace,
  StreamUnavailable,
} from '../../domain/outbox/event-stream.ts';
import {
  type AcknowledgedPublisher,
  createAcknowledgedPublisher,
} from './acknowledged-publisher.ts';
import { headerLine, subjectOf, toHeaderLines } from './cloud-event.ts';
import { findEvent, holdsEvent, listMissing } from './find-event.ts';
import type { NatsLink } from './nats-connection.ts';
import { natsFailure } from './nats-failure.ts';
import { assertOurs, type StreamSettings, upsertStream } from './stream-config.ts';

export type { StreamSettings } from './stream-config.ts';

interface Deps {
  readonly link: Pick<NatsLink, 'current' | 'isConnected' | 'onChange'>;
  readonly settings: StreamSettings;
  readonly monotonicMs: () => number;
  /** Longest wait for an acknowledgement; after it, the outcome is unknown. 5 s by default. */
  readonly timeoutMs?: number;
  /** Prefix of the subjects that acknowledgements arrive on; `_INBOX` by default. */
  readonly inboxPrefix?: string | undefined;
}

interface Client {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
}

const TIMEOUT_MS = 5_000;
/** The part of the server's message limit that is kept for headers and the protocol. */
const HEADER_BYTES = 2_048;
/** Server errors that a retry of the same message would meet again (nats-server, errors.json). */
const REFUSALS: ReadonlySet<number> = new Set([
  10054, // message size exceeds maximum allowed
  10097, // header size exceeds maximum allowed
]);

const WRONG_LAST_MESSAGE_ID = 10070;
const EXPECTED_SUBJECT_SEQUENCE = 'Nats-Expected-Last-Subject-Sequence';

/** The event stream, and a look at whether it can carry the events. */
export interface JetStream extends EventStream {
  /** Reads the stream and changes nothing. @throws DependencyFailure */
  check(): Promise<void>;
}

/** The event stream on JetStream, for NATS 2.9 and newer. */
export function createJetStream(deps: Deps): JetStream {
  const { link, settings, monotonicMs, timeoutMs = TIMEOUT_MS, inboxPrefix } = deps;
  let client: Client | null = null;
  let publisher: AcknowledgedPublisher | null = null;

  async function connected(): Promise<Client> {
    const connection = link.current();
    if (connection === null) throw new StreamUnavailable('NATS is not reachable');
    if (client?.connection === connection) return client;
    const options = { timeout: timeoutMs };
    client = {
      connection,
      manager: await jetstreamManager(connection, { ...options, checkAPI: false }),
    };
    return client;
  }

  async function request<T>(call: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const { manager } = await connected();
    try {
      return await call(manager);
    } catch (error) {
      if (error instanceof StreamUnavailable || isDomainFailure(error)) throw error;
      throw new StreamUnavailable(`JetStream: ${messageOf(error)}`, { cause: error });
    }
  }

  const find: EventStream['find'] = (event, isEarlier) =>
    request((manager) => findEvent(manager, settings.name, event, isEarlier));

  /** The subject of a new user must be empty: an event there is either this one or a conflict. */
  async function resolveOccupied(event: RecordedEvent): Promise<StreamPlace> {
    const sequence = await find(event, async () => false);
    if (sequence !== null) return { sequence, duplicate: true };
    throw new EventRefused('the stream already has another event that creates this user');
  }

  function connectedPublisher(): AcknowledgedPublisher {
    const connection = link.current();
    if (connection === null) throw new StreamUnavailable('NATS is not reachable');
    if (publisher?.connection !== connection) {
      publisher = createAcknowledgedPublisher({ connection, timeoutMs, monotonicMs, inboxPrefix });
    }
    return publisher;
  }

  /** Sends before the first wait, so that events which are tied to each other stay together. */
  function publish(event: RecordedEvent, previousId: string | null): Promise<Msg> {
    const { connection, publish } = connectedPublisher();
    const data = Buffer.from(JSON.stringify(event.event.data));
    const limit = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (data.length + HEADER_BYTES > limit) {
      throw new EventRefused(`the event is larger than the ${limit} bytes the server takes`);
    }
    return publish(subjectOf(event.event), data, headerLinesOf(event, previousId));
  }

  /** The event, its id for the detection of duplicates, and what the server checks before it adds it. */
  function headerLinesOf(event: RecordedEvent, previousId: string | null): string {
    let lines = toHeaderLines(event);
    lines += headerLine('Nats-Msg-Id', event.id);
    lines += headerLine('Nats-Expected-Stream', settings.name);
    // The subject of a new user must be empty.
    if (event.event.type === 'user.created') lines += headerLine(EXPECTED_SUBJECT_SEQUENCE, '0');
    if (previousId !== null) lines += headerLine('Nats-Expected-Last-Msg-Id', previousId);
    return lines;
  }

  return {
    isAvailable: () => link.isConnected(),
    onChange: (listener) => link.onChange(() => listener()),
    prepare: () => request((manager) => upsertStream(manager, settings)),
    async check() {
      try {
        const { manager } = await connected();
        const { config } = await manager.streams.info(settings.name);
        assertOurs(config, settings);
      } catch (error) {
        throw natsFailure(error);
      }
    },
    find,
    holds: (event) => request((manager) => holdsEvent(manager, settings.name, event)),
    listMissing: (range) => request((manager) => listMissing(manager, settings.name, range)),
    listGaps: () =>
      request(async (manager) => {
        const { state } = await manager.streams.info(settings.name, { deleted_details: true });
        return state.deleted ?? [];
      }),
    async add(event, previousId = null) {
      try {
        return toPlace((await publish(event, previousId)).string());
      } catch (error) {
        if (isDomainFailure(error) || error instanceof StreamUnavailable) throw error;
        if (!(error instanceof JetStreamApiError)) throw toUnanswered(error);
        if (error.code === JetStreamApiCodes.StreamWrongLastSequence) return resolveOccupied(event);
        if (error.code === WRONG_LAST_MESSAGE_ID) throw new EventHeldBack(error.message);
        if (REFUSALS.has(error.code)) throw new EventRefused(error.message, { cause: error });
        // Whatever else the server says (no space, no leader, another stream) is about the stream, not the event.
        throw new StreamUnavailable(`JetStream: ${error.message}`, { cause: error });
      }
    },
  };
}

interface Acknowledgement {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: ConstructorParameters<typeof JetStreamApiError>[0];
}

/** @throws JetStreamApiError when the server refused the message, Error for an answer of something else. */
function toPlace(acknowledgement: string): StreamPlace {
  const { stream, seq, duplicate = false, error } = JSON.parse(acknowledgement) as Acknowledgement;
  if (error !== undefined) throw new JetStreamApiError(error);
  if (!stream || seq === undefined) throw new Error('the acknowledgement names no stream');
  return { sequence: seq, duplicate };
}

/** Without responders, no stream received the event. After any other failure it may have arrived. */
function toUnanswered(error: unknown): Error {
  if (error instanceof errors.NoRespondersError) {
    return new StreamUnavailable('no stream takes the events', { cause: error });
  }
  return new OutcomeUnknown(`no acknowledgement: ${messageOf(error)}`, { cause: error });
}

function isDomainFailure(error: unknown): boolean {
  return (
    error instanceof EventRefused || (error instanceof Error && error.name === 'StreamConflict')
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
