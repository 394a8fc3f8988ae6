import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  type StoredMsg,
} from '@nats-io/jetstream';
import type { RecordedEvent } from '../../domain/events.ts';
import { subjectOf } from './cloud-event.ts';

/** Clocks of the instances and of the broker differ by less than this, in milliseconds. */
const CLOCK_MARGIN_MS = 120_000;
/** Messages of the event's subject that are compared with it. */
const MAX_COMPARED = 1_000;
/** Messages that are read at the same time. */
const CONCURRENT_READS = 32;

/** The library's type lacks `next_by_subj`: the first message of the subject at this sequence or after it. */
type Query =
  | Parameters<JetStreamManager['streams']['getMessage']>[1]
  | { readonly seq: number; readonly next_by_subj: string };

/**
 * Finds an event in the stream by its id. It is usually the last message of its subject. After the database was restored
 * from a backup, later messages of the subject may follow it: then the messages from the event's time on are compared.
 * @returns its sequence, or null when none of at most 1,000 messages is this event
 */
export async function findEvent(
  manager: JetStreamManager,
  stream: string,
  event: RecordedEvent,
  isEarlier: (id: string) => Promise<boolean>,
): Promise<number | null> {
  const subject = subjectOf(event.event);
  const last = await getMessage(manager, stream, { last_by_subj: subject });
  if (last === null) return null;
  if (idOf(last) === event.id) return last.seq;
  const fromMs = event.time.getTime() - CLOCK_MARGIN_MS;
  // Everything on the subject is older than the event: it cannot stand among them.
  if (last.time.getTime() < fromMs || (await isEarlier(idOf(last)))) return null;
  let sequence = await findSequenceAt(manager, stream, { fromMs, last: last.seq });
  for (let compared = 0; compared < MAX_COMPARED && sequence < last.seq; compared += 1) {
    const next = await getMessage(manager, stream, { seq: sequence, next_by_subj: subject });
    if (next === null) return null;
    if (idOf(next) === event.id) return next.seq;
    sequence = next.seq + 1;
  }
  return null;
}

/** @returns whether the message with this sequence is this event. */
export async function holdsEvent(
  manager: JetStreamManager,
  stream: string,
  { id, sequence }: { readonly id: string; readonly sequence: number },
): Promise<boolean> {
  const message = await getMessage(manager, stream, { seq: sequence });
  return message !== null && idOf(message) === id;
}

/** @returns the sequences of the range that the server returns no message for. */
export async function listMissing(
  manager: JetStreamManager,
  stream: string,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<readonly number[]> {
  const missing: number[] = [];
  for (let start = first; start <= last; start += CONCURRENT_READS) {
    const length = Math.min(CONCURRENT_READS, last - start + 1);
    const sequences = Array.from({ length }, (_, index) => start + index);
    const messages = await Promise.all(
      sequences.map((seq) => getMessage(manager, stream, { seq })),
    );
    missing.push(...sequences.filter((_, index) => messages[index] === null));
  }
  return missing;
}

/** The first sequence that was stored at this time or later, by bisection: some 20 requests for a million messages. */
async function findSequenceAt(
  manager: JetStreamManager,
  stream: string,
  { fromMs, last }: { readonly fromMs: number; readonly last: number },
): Promise<number> {
  let low = 1;
  let high = last;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const message = await getMessage(manager, stream, { seq: middle, next_by_subj: '>' });
    if (message === null || message.seq > high) high = middle;
    else if (message.time.getTime() < fromMs) low = message.seq + 1;
    else high = middle;
  }
  return low;
}

/** @returns the message, or null when the stream has none there. */
export async function getMessage(
  manager: JetStreamManager,
  stream: string,
  query: Query,
): Promise<StoredMsg | null> {
  try {
    return await manager.streams.getMessage(stream, query as { readonly seq: number });
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.NoMessageFound) {
      return null;
    }
    throw error;
  }
}

function idOf(message: StoredMsg): string {
  return message.header.get('Nats-Msg-Id');
}
