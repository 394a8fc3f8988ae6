import { describe, expect, test } from 'vitest';
import type { EventAudit, MarkedEvent } from '../../domain/outbox/event-audit.ts';
import {
  type StreamMessage,
  type StreamReader,
  type StreamState,
  StreamUnavailable,
} from '../../domain/outbox/event-stream.ts';
import type { Caller } from '../access/caller.ts';
import { createReadStreamSlice } from './read-stream-slice.ts';

const OPERATOR: Caller = {
  ...{ principal: { kind: 'operator' }, requestId: 'r', ip: null, userAgent: null },
};
const DAY_MS = 86_400_000;

const message = (streamSequence: number, id: string, number: number | null): StreamMessage => ({
  streamSequence,
  event: { id, type: 'user.updated', userId: 'ann', userVersion: 1, number },
});
const marked = (id: string, streamSequence: number): MarkedEvent => ({
  ...{ id, type: 'user.updated', userId: 'ann', userVersion: 1, streamSequence },
});

interface World {
  readonly messages?: readonly StreamMessage[];
  /** Marks of kept rows by id; null for an unpublished event. */
  readonly rows?: Readonly<Record<string, number | null>>;
  readonly bounds?: { readonly first: number; readonly restored: number };
  readonly state?: Partial<StreamState>;
  /** The end of the stream when it is looked at again. */
  readonly laterEnd?: number;
}

/** A stream and an outbox, and what was asked of them. */
function worldOf({ messages = [], rows = {}, bounds, state, laterEnd }: World) {
  const asked: (readonly [string, ...unknown[]])[] = [];
  const end = messages.at(-1)?.streamSequence ?? 0;
  let looks = 0;
  const streamReader: StreamReader = {
    async findState() {
      looks += 1;
      const lastSequence = looks > 1 ? (laterEnd ?? end) : end;
      return {
        ...{ name: 'USERS', created: 'c', firstSequence: 1, lastSequence, messages: end },
        ...{ maxAgeMs: DAY_MS, limitsSize: false, limitsSubjects: false, duplicateWindowMs: 1 },
        ...state,
      };
    },
    async read(first, last) {
      asked.push(['read', first, last]);
      return messages.filter(
        ({ streamSequence }) => streamSequence >= first && streamSequence <= last,
      );
    },
    listDeleted: () => Promise.reject(new Error('not part of this test')),
  };
  const eventAudit: EventAudit = {
    findBounds: async () => ({ first: 1, restored: 0, waiting: 2, ...bounds }),
    findMarks: async (ids) =>
      new Map(ids.filter((id) => id in rows).map((id) => [id, rows[id] ?? null])),
    listMarked: async (first, last) =>
      Object.entries(rows).flatMap(([id, place]) =>
        place !== null && place >= first && place <= last ? [marked(id, place)] : [],
      ),
    async countMarkedBefore(sequence, maxAgeMs) {
      asked.push(['before', sequence, maxAgeMs]);
      return 3;
    },
  };
  return { asked, readSlice: createReadStreamSlice({ eventAudit, streamReader }) };
}

describe('a part of the stream', () => {
  test('is judged message by message', async () => {
    const { readSlice } = worldOf({
      messages: [
        message(1, 'marked', 10),
        message(2, 'not marked yet', 11),
        message(3, 'marked', 10),
        message(4, 'deleted by the retention', 4),
        message(5, 'of an older build', null),
        message(6, 'never there', 12),
        { streamSequence: 7, event: null },
      ],
      rows: { marked: 1, 'not marked yet': null },
      bounds: { first: 5, restored: 0 },
    });
    const slice = await readSlice(OPERATOR, 0, null);
    expect(slice?.messages.map(({ verdict }) => verdict)).toEqual([
      ...['known', 'known', 'elsewhere', 'unjudged', 'unjudged', 'unknown', 'foreign'],
    ]);
    expect(slice).toMatchObject({ missing: [], next: null, upTo: 7, waiting: 2 });
  });

  test('from before the last restore is not judged', async () => {
    const messages = [message(1, 'lost', 40), message(2, 'unknown', 50)];
    const { readSlice } = worldOf({ messages, bounds: { first: 1, restored: 50 } });
    const slice = await readSlice(OPERATOR, 0, null);
    expect(slice?.messages.map(({ verdict }) => verdict)).toEqual(['unjudged', 'unknown']);
    expect(slice?.restored).toBe(50);
  });

  test('lacks events that are marked at a hole, at the place of another one, and behind its end', async () => {
    const { readSlice } = worldOf({
      messages: [message(1, 'a', 1), message(3, 'c', 3)],
      rows: { a: 1, hole: 2, other: 3, c: 5, behind: 9 },
      laterEnd: 5,
    });
    const slice = await readSlice(OPERATOR, 0, null);
    expect(slice?.missing.map(({ id }) => id)).toEqual(['hole', 'other', 'behind']);
  });

  test('ends after 500 sequences, and the last part where the first saw the end', async () => {
    const messages = Array.from({ length: 700 }, (_, index) => message(index + 1, `e${index}`, 1));
    const { asked, readSlice } = worldOf({ messages });
    expect(await readSlice(OPERATOR, 0, null)).toMatchObject({ next: 500, upTo: 700 });
    expect(await readSlice(OPERATOR, 500, 650)).toMatchObject({ next: null, upTo: 650 });
    const reads = asked.filter(([what]) => what === 'read');
    expect(reads).toEqual([
      ['read', 1, 500],
      ['read', 501, 650],
    ]);
  });

  test('begins with what is missing before the first message, unless a limit may have removed it', async () => {
    const state = { firstSequence: 1 };
    const plain = worldOf({ messages: [message(1, 'a', 1)], state });
    expect(await plain.readSlice(OPERATOR, 0, null)).toMatchObject({ missingBefore: 3 });
    expect(plain.asked).toContainEqual(['before', 1, DAY_MS - 120_000]);
    const limited = worldOf({ messages: [message(1, 'a', 1)], state: { limitsSize: true } });
    expect(await limited.readSlice(OPERATOR, 0, null)).toMatchObject({ missingBefore: 0 });
  });

  test('of an empty stream has no message', async () => {
    const { asked, readSlice } = worldOf({ rows: { gone: 4 }, state: { firstSequence: 0 } });
    const slice = await readSlice(OPERATOR, 0, null);
    expect(slice).toMatchObject({ messages: [], next: null, missing: [{ id: 'gone' }] });
    expect(asked.filter(([what]) => what === 'read')).toEqual([]);
  });
});

test('without a stream there is no part, and an unreachable one is unavailable', async () => {
  const { eventAudit } = { eventAudit: {} as EventAudit };
  const none = createReadStreamSlice({ eventAudit, streamReader: null });
  expect(await none(OPERATOR, 0, null)).toBeNull();
  const away = createReadStreamSlice({
    eventAudit,
    streamReader: {
      findState: () => Promise.reject(new StreamUnavailable('NATS is not reachable')),
    } as unknown as StreamReader,
  });
  await expect(away(OPERATOR, 0, null)).rejects.toMatchObject({ code: 'unavailable' });
  const user = { ...OPERATOR, principal: { kind: 'anonymous' } as const };
  await expect(none(user, 0, null)).rejects.toMatchObject({ name: 'DomainError' });
});
