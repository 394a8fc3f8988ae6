import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RecordedEvent } from '../../src/domain/events.ts';
import type { EventStream } from '../../src/domain/outbox/event-stream.ts';
import { eventually } from '../support/eventually.ts';

/** One stream under test, with a reader. */
export interface EventStreamBundle {
  readonly stream: Pick<EventStream, 'add'>;
  /** The events in the stream since the bundle was opened, in order. */
  received(): Promise<readonly RecordedEvent[]>;
  close(): Promise<void>;
}

function eventOf(userId: string, userVersion: number): RecordedEvent {
  return {
    id: randomUUID(),
    event: { type: 'user.updated', userId, userVersion, data: { changed_fields: ['phone'] } },
    time: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, userVersion % 1000)),
    requestId: `request-${userVersion}`,
  };
}

/** The cases that every `EventStream` passes. */
export function describeEventStreamContract(
  name: string,
  open: () => Promise<EventStreamBundle>,
): void {
  describe(`${name} keeps the event stream contract`, () => {
    let ann: string;
    let bob: string;
    let bundle: EventStreamBundle;

    beforeEach(async () => {
      ann = randomUUID();
      bob = randomUUID();
      bundle = await open();
    });
    afterEach(() => bundle.close());

    async function addInOrder(events: readonly RecordedEvent[]): Promise<void> {
      for (const event of events) await bundle.stream.add(event);
    }

    async function receivedAll(count: number): Promise<readonly RecordedEvent[]> {
      return eventually(async () => {
        const received = await bundle.received();
        expect(received.length).toBeGreaterThanOrEqual(count);
        return received;
      });
    }

    test('an added event arrives with every field unchanged', async () => {
      const sent: RecordedEvent[] = [
        eventOf(ann, 1),
        {
          ...eventOf(ann, 2),
          event: { type: 'user.deleted', userId: ann, userVersion: 2, data: {} },
        },
        {
          ...eventOf(bob, 3),
          event: {
            type: 'authentication.failed',
            userId: null,
            userVersion: null,
            data: { reason: 'unknown_email', suppressed: 7 },
          },
        },
      ];
      await addInOrder(sent);
      const received = await receivedAll(3);
      const byId = (a: RecordedEvent, b: RecordedEvent): number => a.id.localeCompare(b.id);
      expect([...received].sort(byId)).toEqual([...sent].sort(byId));
    });

    test('events of one user arrive in the order in which they are added', async () => {
      const sent = Array.from({ length: 60 }, (_, index) => eventOf(ann, index + 1));
      await addInOrder(sent);
      const versions = (await receivedAll(60)).map(({ event }) => event.userVersion);
      expect(versions).toEqual(sent.map(({ event }) => event.userVersion));
    });

    test('users whose events are added at the same time lose none, and each keeps its order', async () => {
      const versions = Array.from({ length: 20 }, (_, index) => index + 1);
      await Promise.all(
        [ann, bob].map((userId) => addInOrder(versions.map((version) => eventOf(userId, version)))),
      );
      const received = await receivedAll(40);
      for (const userId of [ann, bob]) {
        const seen = received
          .filter(({ event }) => event.userId === userId)
          .map(({ event }) => event.userVersion);
        expect(seen).toEqual(versions);
      }
    });

    test('events that are each tied to the one before it arrive in order, though none waits for it', async () => {
      const sent = Array.from({ length: 200 }, (_, index) => eventOf(ann, index + 1));
      await Promise.all(
        sent.map((event, index) => bundle.stream.add(event, sent[index - 1]?.id ?? null)),
      );
      const versions = (await receivedAll(200)).map(({ event }) => event.userVersion);
      expect(versions).toEqual(sent.map(({ event }) => event.userVersion));
    });

    test('an event is not added when the one that it is tied to is missing, nor are those after it', async () => {
      const [first, lost, second, third] = [1, 2, 3, 4].map((version) => eventOf(ann, version));
      if (!first || !lost || !second || !third) throw new Error('four events');
      const added = await Promise.allSettled([
        bundle.stream.add(first),
        bundle.stream.add(second, lost.id),
        bundle.stream.add(third, second.id),
      ]);
      expect(added.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
      for (const result of added.slice(1)) {
        expect(result).toMatchObject({ reason: { name: 'EventHeldBack' } });
      }
      await bundle.stream.add(lost);
      await bundle.stream.add(second, lost.id);
      const versions = (await receivedAll(3)).map(({ event }) => event.userVersion);
      expect(versions).toEqual([1, 2, 3]);
    });

    test('an event that is added again arrives at least once, under the same id', async () => {
      const event = eventOf(ann, 1);
      await addInOrder([event, event, eventOf(bob, 1)]);
      const received = await eventually(async () => {
        const seen = await bundle.received();
        expect(seen.some(({ event: { userId } }) => userId === bob)).toBe(true);
        return seen;
      });
      const again = received.filter(({ id }) => id === event.id);
      expect(again.length).toBeGreaterThanOrEqual(1);
      for (const copy of again) expect(copy).toEqual(event);
    });
  });
}
