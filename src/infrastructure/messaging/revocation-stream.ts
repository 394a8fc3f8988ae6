import {
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { StreamConflict } from '../../domain/outbox/event-stream.ts';
import type { RevocationEntry } from '../../domain/session/revocation-feed.ts';
import {
  type RevocationHeartbeat,
  type RevocationStream,
  type RevocationStreamState,
  revocationKey,
} from '../../domain/session/revocation-stream.ts';
import {
  type AcknowledgedPublisher,
  createAcknowledgedPublisher,
} from './acknowledged-publisher.ts';
import { headerLine } from './cloud-event.ts';
import type { NatsLink } from './nats-connection.ts';
import { isDenied, noStream } from './stream-config.ts';

interface Deps {
  readonly link: Pick<NatsLink, 'current' | 'isConnected' | 'onChange'>;
  readonly settings: {
    readonly name: string;
    readonly replicas: number;
    /** How long a revocation can concern a valid token, in milliseconds. */
    readonly lifeMs: number;
  };
  readonly instanceId: string;
  readonly monotonicMs: () => number;
  readonly now: () => string;
  readonly writeEntry: (entry: RevocationEntry) => string;
  readonly writeHeartbeat: (heartbeat: InstanceHeartbeat) => string;
  readonly inboxPrefix: string;
}

/** A heartbeat with its sender. */
export interface InstanceHeartbeat extends RevocationHeartbeat {
  readonly instanceId: string;
  /** RFC 3339. */
  readonly time: string;
}

/** The subject of a revocation: the prefix, the kind, and the id of the session or user or `all`. */
export const REVOCATION_SUBJECTS = 'users.revoked.>';
const SUBJECT_PREFIX = 'users.revoked.';
export const REVOCATION_HEARTBEAT_SUBJECT = 'users.revocations.heartbeat';

const TIMEOUT_MS = 2_000;
/** The broker's own default; a repetition comes within seconds. */
const DUPLICATE_WINDOW_MS = 120_000;

/** The stream of revocations on JetStream, for NATS 2.9 and newer. */
export function createRevocationStream(deps: Deps): RevocationStream {
  const { link, settings, instanceId, monotonicMs, now, inboxPrefix } = deps;
  const { name } = settings;
  let client: { connection: NatsConnection; manager: JetStreamManager } | null = null;
  let publisher: AcknowledgedPublisher | null = null;

  function connection(): NatsConnection {
    const current = link.current();
    if (current === null) throw new Error('NATS is not reachable');
    return current;
  }

  async function manager(): Promise<JetStreamManager> {
    const current = connection();
    if (client?.connection !== current) {
      const options = { timeout: TIMEOUT_MS, checkAPI: false };
      client = { connection: current, manager: await jetstreamManager(current, options) };
    }
    return client.manager;
  }

  function connectedPublisher(): AcknowledgedPublisher {
    const current = connection();
    if (publisher?.connection !== current) {
      publisher = createAcknowledgedPublisher({
        ...{ connection: current, monotonicMs, inboxPrefix },
        timeoutMs: TIMEOUT_MS,
      });
    }
    return publisher;
  }

  return {
    isAvailable: () => link.isConnected(),
    onChange: (listener) => link.onChange(() => listener()),
    async prepare() {
      return toState(await upsert(await manager(), settings));
    },
    async readState() {
      return toState(await (await manager()).streams.info(name));
    },
    async listKeys() {
      const { state } = await (await manager()).streams.info(name, {
        subjects_filter: REVOCATION_SUBJECTS,
      });
      const subjects = Object.keys(state.subjects ?? {});
      return new Set(subjects.map((subject) => subject.slice(SUBJECT_PREFIX.length)));
    },
    async publish(entry, again) {
      const key = revocationKey(entry);
      const message = await connectedPublisher().publish(
        `${SUBJECT_PREFIX}${key}`,
        Buffer.from(deps.writeEntry(entry)),
        headerLine('Nats-Expected-Stream', name) + (again === undefined ? idLine(entry, key) : ''),
      );
      const { error } = message.json<{ error?: { description?: string } }>();
      if (error !== undefined) throw new Error(`JetStream: ${error.description ?? 'refused'}`);
    },
    beat(heartbeat) {
      const payload = deps.writeHeartbeat({ ...heartbeat, instanceId, time: now() });
      link.current()?.publish(REVOCATION_HEARTBEAT_SUBJECT, payload);
    },
  };
}

type Settings = Deps['settings'];

/** Of a session the first message says all; the second of the others may be corrected. */
function idLine(entry: RevocationEntry, key: string): string {
  return headerLine('Nats-Msg-Id', entry.kind === 'session' ? key : `${key}.${entry.notBefore}`);
}

/** What the service changes in a stream that is there already. */
function changeable({ replicas, lifeMs }: Settings) {
  return {
    num_replicas: replicas,
    max_age: nanos(lifeMs),
    max_msgs_per_subject: 1,
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, lifeMs)),
  };
}

async function upsert(manager: JetStreamManager, settings: Settings): Promise<StreamInfo> {
  const { name } = settings;
  const existing = await manager.streams.info(name).catch(noStream);
  if (existing === null) {
    return manager.streams.add({
      name,
      description: 'revoked sessions and tokens',
      subjects: [REVOCATION_SUBJECTS],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      ...changeable(settings),
    });
  }
  assertOurs(existing.config, name);
  const wanted = changeable(settings);
  const isUpToDate = Object.entries(wanted).every(
    ([field, value]) => existing.config[field as keyof StreamConfig] === value,
  );
  if (isUpToDate) return existing;
  return manager.streams.update(name, { ...existing.config, ...wanted }).catch((error) => {
    // Without permission to update, keep the stream's settings.
    if (isDenied(error)) return existing;
    throw error;
  });
}

/** @throws StreamConflict for a stream that is for something else */
function assertOurs({ subjects, retention }: StreamConfig, name: string): void {
  const isOurs = subjects?.length === 1 && subjects[0] === REVOCATION_SUBJECTS;
  if (isOurs && retention === RetentionPolicy.Limits) return;
  throw new StreamConflict(
    `The stream ${name} is not for revocations: it has the subjects ${subjects?.join(', ') || '(none)'} and retention ${retention}. Choose another name (revocations.stream), or remove that stream.`,
  );
}

function toState({ created, state }: StreamInfo): RevocationStreamState {
  return { created, lastSequence: state.last_seq };
}
