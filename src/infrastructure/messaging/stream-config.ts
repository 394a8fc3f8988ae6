import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos, PermissionViolationError } from '@nats-io/transport-node';
import { StreamConflict, type StreamState } from '../../domain/outbox/event-stream.ts';
import { EVENT_SUBJECTS } from './cloud-event.ts';

export interface StreamSettings {
  readonly name: string;
  readonly replicas: number;
  readonly maxAgeMs: number;
  readonly duplicateWindowMs: number;
}

const NANOSECONDS_PER_MS = 1_000_000;
/** No account may remove messages, not even one with rights to the whole API. Once set, it cannot be unset. */
const PROTECTION = { deny_purge: true, deny_delete: true };
/** nats-server, errors.json: another stream has some of these subjects. */
const SUBJECTS_OVERLAP = 10_065;
/** nats-server, errors.json: the stream could not be created as requested; more replicas than servers. */
const SETTINGS_REFUSED: ReadonlySet<number> = new Set([10_052, 10_074]);

/**
 * Creates the stream, or updates the settings that may change. It never changes a stream that is set up for another use.
 * @throws StreamConflict
 */
export async function upsertStream(
  manager: JetStreamManager,
  settings: StreamSettings,
): Promise<StreamState> {
  const { name } = settings;
  const existing = await manager.streams.info(name).catch(noStream).catch(notSeen(name));
  if (existing === null) {
    return toState(
      await manager.streams.add(toStreamConfig(settings)).catch((error) => {
        if (isDenied(error)) throw notMade(settings, error);
        throw toConflict(error, settings, null);
      }),
    );
  }
  assertOurs(existing.config, settings);
  if (isUpToDate(existing.config, settings)) return toState(existing);
  const config = { ...existing.config, ...changeable(settings) };
  return toState(
    await manager.streams.update(name, config).catch((error) => {
      // Without permission to update, keep the stream's settings; no event is at risk.
      if (isDenied(error)) return existing;
      throw toConflict(error, settings, existing.config);
    }),
  );
}

/** The server reports a missing permission apart from the response; the library makes it the cause of the failure. */
export function isDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof PermissionViolationError || isDenied(error.cause);
}

function notSeen(name: string) {
  return (error: unknown): never => {
    if (!isDenied(error)) throw error;
    throw new StreamConflict(
      `The NATS account may not read the stream ${name} (nats.stream). Allow it to publish to $JS.API.STREAM.INFO.${name}.`,
      { cause: error },
    );
  };
}

function notMade({ name }: StreamSettings, cause: unknown): StreamConflict {
  return new StreamConflict(
    `There is no stream ${name} (nats.stream), and the NATS account may not create one. Create it with the subjects ${EVENT_SUBJECTS} only, retention ${RetentionPolicy.Limits} and storage ${StorageType.File}, or allow the account to publish to $JS.API.STREAM.CREATE.${name}.`,
    { cause },
  );
}

export function toState({ config, created, state }: StreamInfo): StreamState {
  return {
    name: config.name,
    created,
    firstSequence: state.first_seq,
    lastSequence: state.last_seq,
    messages: state.messages,
    maxAgeMs: config.max_age / NANOSECONDS_PER_MS,
    // The server writes -1 for no limit.
    limitsSize: config.max_msgs > 0 || config.max_bytes > 0,
    limitsSubjects: config.max_msgs_per_subject > 0,
    duplicateWindowMs: config.duplicate_window / NANOSECONDS_PER_MS,
  };
}

function changeable({ replicas, maxAgeMs, duplicateWindowMs }: StreamSettings) {
  return {
    num_replicas: replicas,
    max_age: nanos(maxAgeMs),
    duplicate_window: nanos(duplicateWindowMs),
    ...PROTECTION,
  };
}

/** The configuration of a new stream. */
export function toStreamConfig(settings: StreamSettings) {
  return {
    name: settings.name,
    description: 'what happened to users',
    subjects: [EVENT_SUBJECTS],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    ...changeable(settings),
  };
}

function isUpToDate(config: StreamConfig, settings: StreamSettings): boolean {
  return Object.entries(changeable(settings)).every(
    ([name, value]) => config[name as keyof StreamConfig] === value,
  );
}

/** @throws StreamConflict for settings that would lose events or mix them with other messages. */
export function assertOurs(config: StreamConfig, { name }: StreamSettings): void {
  const wrong = [
    config.subjects?.length === 1 && config.subjects[0] === EVENT_SUBJECTS
      ? null
      : `takes the subjects ${config.subjects?.join(', ') || '(none)'} and not only ${EVENT_SUBJECTS}`,
    config.retention === RetentionPolicy.Limits
      ? null
      : `has retention ${config.retention} and not ${RetentionPolicy.Limits}`,
    config.storage === StorageType.File
      ? null
      : `keeps its messages in ${config.storage} and not in ${StorageType.File}`,
    config.no_ack === true ? 'acknowledges nothing (no_ack)' : null,
    config.sealed === true ? 'is sealed' : null,
    config.mirror === undefined ? null : 'mirrors another stream',
  ].filter((text) => text !== null);
  if (wrong.length > 0) {
    throw new StreamConflict(
      `The stream ${name} ${wrong.join('; ')}. Choose another name (nats.stream), or remove that stream.`,
    );
  }
}

function toConflict(
  error: unknown,
  settings: StreamSettings,
  existing: StreamConfig | null,
): unknown {
  const { name } = settings;
  if (!(error instanceof JetStreamApiError)) return error;
  if (error.code === SUBJECTS_OVERLAP) {
    return new StreamConflict(
      `Another stream takes subjects of ${EVENT_SUBJECTS}, so the stream ${name} cannot. Set nats.stream to its name, or remove that stream.`,
      { cause: error },
    );
  }
  // A server failure may pass; the two about the settings do not go away without an operator.
  if (error.status >= 500 && !SETTINGS_REFUSED.has(error.code)) return error;
  return new StreamConflict(
    `NATS refuses the stream ${name} as configured (${error.message}): ${differences(settings, existing)}. Change these settings.`,
    { cause: error },
  );
}

/** The keys with their values, and the values of the existing stream where they differ; all keys without a stream. */
function differences(settings: StreamSettings, existing: StreamConfig | null): string {
  const wanted = changeable(settings);
  const keys = [
    ['nats.replicas', 'num_replicas', (value: number) => String(value)],
    ['nats.max_age', 'max_age', inSeconds],
    ['nats.duplicate_window', 'duplicate_window', inSeconds],
  ] as const;
  return keys
    .filter(([, field]) => existing?.[field] !== wanted[field])
    .map(([key, field, show]) => {
      const there = existing === null ? '' : ` where the stream has ${show(existing[field])}`;
      return `${key} is ${show(wanted[field])}${there}`;
    })
    .join(', ');
}

function inSeconds(nanoseconds: number): string {
  return `${nanoseconds / 1e9}s`;
}

/** @returns null for a stream that does not exist. @throws every other error */
export function noStream(error: unknown): null {
  if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)
    return null;
  throw error;
}
