import { type JetStreamManager, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import {
  type StreamMessage,
  type StreamReader,
  StreamUnavailable,
} from '../../domain/outbox/event-stream.ts';
import { subjectOf } from './cloud-event.ts';
import { getMessage } from './find-event.ts';
import type { NatsLink } from './nats-connection.ts';
import { noStream, toState } from './stream-config.ts';

interface Deps {
  readonly link: Pick<NatsLink, 'current'>;
  readonly stream: string;
  /** Longest wait for a response of the broker. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;
/** Messages that are read at the same time. */
const CONCURRENT_READS = 32;
const TYPE = /^user-service\.(.+)\.v\d+$/;

/** Reads with the rights that the relay has: `STREAM.INFO` and `STREAM.MSG.GET`. */
export function createStreamReader({ link, stream, timeoutMs = TIMEOUT_MS }: Deps): StreamReader {
  async function request<T>(call: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const connection = link.current();
    if (connection === null) throw new StreamUnavailable('NATS is not reachable');
    try {
      return await call(
        await jetstreamManager(connection, { timeout: timeoutMs, checkAPI: false }),
      );
    } catch (error) {
      if (error instanceof StreamUnavailable) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new StreamUnavailable(`JetStream: ${reason}`, { cause: error });
    }
  }

  return {
    findState: () =>
      request(async (manager) => {
        const info = await manager.streams.info(stream).catch(noStream);
        return info === null ? null : toState(info);
      }),
    read: (first, last) =>
      request(async (manager) => {
        const sequences = Array.from({ length: last - first + 1 }, (_, index) => first + index);
        const messages = await inTurns(sequences, (seq) => getMessage(manager, stream, { seq }));
        return messages.flatMap((message) => (message === null ? [] : [toStreamMessage(message)]));
      }),
    listDeleted: (userIds) =>
      request(async (manager) => {
        const found = await inTurns(userIds, (userId) => {
          const subject = subjectOf({ type: 'user.deleted', userId });
          return getMessage(manager, stream, { last_by_subj: subject });
        });
        return new Set(userIds.filter((_, index) => found[index] !== null));
      }),
  };
}

async function inTurns<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += CONCURRENT_READS) {
    results.push(...(await Promise.all(items.slice(start, start + CONCURRENT_READS).map(read))));
  }
  return results;
}

function toStreamMessage({ seq, header }: StoredMsg): StreamMessage {
  const attribute = (name: string) => header?.get(`ce-${name}`) || null;
  const number = (name: string) => {
    const text = attribute(name);
    return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
  };
  const id = attribute('id');
  const type = TYPE.exec(attribute('type') ?? '')?.[1];
  if (id === null || type === undefined) return { streamSequence: seq, event: null };
  const event = {
    ...{ id, type, userId: attribute('subject') },
    ...{ userVersion: number('userversion'), number: number('sequence') },
  };
  return { streamSequence: seq, event };
}
