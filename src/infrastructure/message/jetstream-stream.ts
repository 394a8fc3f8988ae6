import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
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
  const existing = await manager.streams.info(settings.name).catch(noStream);
  try {
    if (existing === null) return toState(await manager.streams.add(fullConfig(settings)));
    assertOurs(existing.config, settings);
    if (isUpToDate(existing.config, settings)) return toState(existing);
    return toState(
      await manager.streams.update(settings.name, {
        ...existing.config,
        ...changeable(settings),
      }),
    );
  } catch (error) {
    throw toConflict(error, settings);
  }
}

/** What the relay needs to know of it. */
export function toState({ config, created, state }: StreamInfo): StreamState {
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

function toConflict(error: unknown, { name }: StreamSettings): unknown {
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
    `NATS refuses the stream ${name} as configured (${error.message}). See nats.replicas, nats.max_age and nats.duplicate_window.`,
    { cause: error },
  );
}

function noStream(error: unknown): null {
  if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)
    return null;
  throw error;
}
