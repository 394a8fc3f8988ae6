import type { EventAudit, MarkedEvent } from '../../domain/outbox/event-audit.ts';
import {
  type StreamMessage,
  type StreamReader,
  type StreamState,
  StreamUnavailable,
} from '../../domain/outbox/event-stream.ts';
import { unavailable } from '../../domain/rejections.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';
import { unexpiredAgeMs } from './stream-losses.ts';

interface Deps {
  readonly eventAudit: EventAudit;
  /** Null without a broker. */
  readonly streamReader: StreamReader | null;
}

/**
 * What the database says about a message.
 *
 * - `known`: the event is there, and its mark is not another place.
 * - `elsewhere`: the event is marked with another place, so it is in the stream twice.
 * - `unjudged`: its row was deleted, or it is from before the last restore.
 * - `unknown`: the database never had this event.
 * - `foreign`: it is not an event of the service.
 */
export type MessageVerdict = 'known' | 'elsewhere' | 'unjudged' | 'unknown' | 'foreign';

export interface JudgedMessage extends StreamMessage {
  readonly verdict: MessageVerdict;
}

/** A part of the stream, compared with the database. */
export interface StreamSlice {
  readonly stream: Pick<StreamState, 'name' | 'firstSequence'>;
  /** The end of this verification: messages that come later are not part of it. */
  readonly upTo: number;
  /** Where the next slice goes on; null after the last one. */
  readonly next: number | null;
  readonly messages: readonly JudgedMessage[];
  /** Published events whose place in the stream has no message, or that of another event. */
  readonly missing: readonly MarkedEvent[];
  /** With the first slice: events from before the first message that have not expired. */
  readonly missingBefore: number;
  /** Numbers below it may belong to the history before the last restore. */
  readonly restored: number;
  /** Unpublished events, counted up to 100,000. */
  readonly waiting: number;
}

/** Sequences of a slice. */
const SLICE = 500;

/** Compares a bounded part of the stream with the outbox. It changes nothing. */
export function createReadStreamSlice({ eventAudit, streamReader }: Deps) {
  /**
   * @param after the last sequence that was compared, 0 for the begin
   * @param upTo the end as the first slice returned it, or null
   * @returns null without a stream
   * @throws DomainError `forbidden` unless the caller is the operator, `unavailable` without the broker
   */
  return async (
    caller: Caller,
    after: number,
    upTo: number | null,
  ): Promise<StreamSlice | null> => {
    requireOperator(caller);
    if (streamReader === null) return null;
    const reader = streamReader;
    const state = await reachable(() => reader.findState());
    if (state === null) return null;
    const end = Math.min(upTo ?? state.lastSequence, state.lastSequence);
    const first = Math.max(after + 1, state.firstSequence, 1);
    const last = Math.min(first + SLICE - 1, end);
    const isLast = last >= end;
    // Before the messages: an event is marked after the stream has it.
    const marked = await eventAudit.listMarked(first, isLast ? Number.MAX_SAFE_INTEGER : last);
    const messages = last < first ? [] : await reachable(() => reader.read(first, last));
    const ids = messages.flatMap(({ event }) => (event === null ? [] : [event.id]));
    const marks = await eventAudit.findMarks(ids);
    // After the rows: what was deleted meanwhile is below the first number.
    const bounds = await eventAudit.findBounds();
    const newest = isLast ? await reachable(() => reader.findState()) : state;
    return {
      stream: state,
      upTo: end,
      next: isLast ? null : last,
      messages: messages.map((message) => ({ ...message, verdict: judge(message, marks, bounds) })),
      missing: findMissing(marked, messages, { last, newest: newest?.lastSequence ?? 0 }),
      missingBefore: after === 0 ? await countMissingBefore(state) : 0,
      ...{ restored: bounds.restored, waiting: bounds.waiting },
    };
  };

  async function countMissingBefore(state: StreamState): Promise<number> {
    if (state.limitsSize || state.limitsSubjects) return 0;
    return eventAudit.countMarkedBefore(state.firstSequence, unexpiredAgeMs(state));
  }
}

function judge(
  { streamSequence, event }: StreamMessage,
  marks: ReadonlyMap<string, number | null>,
  bounds: { readonly first: number; readonly restored: number },
): MessageVerdict {
  if (event === null) return 'foreign';
  const mark = marks.get(event.id);
  if (mark === null || mark === streamSequence) return 'known';
  if (mark !== undefined) return 'elsewhere';
  const oldest = Math.max(bounds.first, bounds.restored);
  return event.number === null || event.number < oldest ? 'unjudged' : 'unknown';
}

/** Events behind the range that was read are missing only when they lie beyond the end of the stream. */
function findMissing(
  marked: readonly MarkedEvent[],
  messages: readonly StreamMessage[],
  { last, newest }: { readonly last: number; readonly newest: number },
): readonly MarkedEvent[] {
  const present = new Map(
    messages.map(({ streamSequence, event }) => [streamSequence, event?.id ?? null]),
  );
  return marked.filter(({ id, streamSequence }) =>
    streamSequence <= last ? present.get(streamSequence) !== id : streamSequence > newest,
  );
}

/** @throws DomainError `unavailable` */
export async function reachable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof StreamUnavailable)) throw cause;
    throw unavailable('The stream cannot be read: NATS is not reachable. Try again.', { cause });
  }
}
