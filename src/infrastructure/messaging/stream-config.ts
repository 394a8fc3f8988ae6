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

/** The stream as configured. */
export interface StreamSettings {
  readonly name: string;
  readonly replicas: number;
  readonly maxAgeMs: number;
  readonly duplicateWindowMs: number;
}

const NANOSECONDS_PER_MS = 1_000_000;
/** nats-server, errors.json: another stream takes some of these subjects. */
const SUBJECTS_OVERLAP = 10_065;
/** The stream could not be made as asked; more replicas than there are servers. */
const SETTINGS_REFUSED: ReadonlySet<number> = new Set([10_052, 10_074]);

/**
 * Makes the stream, or brings those settings up to date that may change. It never touches a stream that is not
 * recognisably ours.
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
      await manager.streams.add(fullConfig(settings)).catch((error) => {
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
      // Whoever may not change it leaves these settings to those who may: they lose nothing.
      if (isDenied(error)) return existing;
      throw toConflict(error, settings, existing.config);
    }),
  );
}

/** The server tells of a missing right beside the request, and the library makes it the cause of the failure. */
function isDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof PermissionViolationError || isDenied(error.cause);
}

function notSeen(name: string) {
  return (error: unknown): never => {
    if (!isDenied(error)) throw error;
    throw new StreamConflict(
      `The NATS account may not look at the stream ${name} (nats.stream). Allow it to publish to $JS.API.STREAM.INFO.${name}.`,
      { cause: error },
    );
  };
}

function notMade({ name }: StreamSettings, cause: unknown): StreamConflict {
  return new StreamConflict(
    `There is no stream ${name} (nats.stream), and the NATS account may not make one. Make it with the subjects ${EVENT_SUBJECTS} alone, retention ${RetentionPolicy.Limits} and storage ${StorageType.File}, or allow the account to publish to $JS.API.STREAM.CREATE.${name}.`,
    { cause },
  );
}

/** What the relay needs to know of it. */
function toState({ config, created, state }: StreamInfo): StreamState {
  return {
    name: config.name,
    created,
    lastSequence: state.last_seq,
    duplicateWindowMs: config.duplicate_window / NANOSECONDS_PER_MS,
  };
}

function changeable({ replicas, maxAgeMs, duplicateWindowMs }: StreamSettings) {
  return {
    num_replicas: replicas,
    max_age: nanos(maxAgeMs),
    duplicate_window: nanos(duplicateWindowMs),
  };
}

function fullConfig(settings: StreamSettings) {
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

/** Settings under which events would be lost, or others' messages be ours. */
function assertOurs(config: StreamConfig, { name }: StreamSettings): void {
  const wrong = [
    config.subjects?.length === 1 && config.subjects[0] === EVENT_SUBJECTS
      ? null
      : `takes the subjects ${config.subjects?.join(', ') || '(none)'} and not ${EVENT_SUBJECTS} alone`,
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
  // A failure of the server is worth another try; the two about the settings will not go away by themselves.
  if (error.status >= 500 && !SETTINGS_REFUSED.has(error.code)) return error;
  return new StreamConflict(
    `NATS refuses the stream ${name} as configured (${error.message}): ${differences(settings, existing)}. Change what the server cannot do.`,
    { cause: error },
  );
}

/** The keys with their values, beside those of the stream that there is; without one, all of them. */
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

function noStream(error: unknown): null {
  if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)
    return null;
  throw error;
}
