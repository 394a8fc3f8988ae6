import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RecordedEvent } from '../../src/domain/events.ts';
import type { EventPublisher } from '../../src/domain/ports.ts';
import { eventually } from '../support/eventually.ts';

/** One publisher under test, with somebody who listens. */
export interface EventPublisherBundle {
  readonly publisher: EventPublisher;
  /** What the listener has seen since the bundle was opened, in order. */
  received(): Promise<readonly RecordedEvent[]>;
  close(): Promise<void>;
}

/** A new event of this user. */
function eventOf(userId: string, userVersion: number): RecordedEvent {
  return {
    id: randomUUID(),
    event: { type: 'user.updated', userId, userVersion, data: { changed_fields: ['phone'] } },
    time: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, userVersion % 1000)),
    requestId: `request-${userVersion}`,
  };
}

/** What every `EventPublisher` promises, whatever it runs on. */
export function describeEventPublisherContract(
  name: string,
  open: () => Promise<EventPublisherBundle>,
): void {
  describe(`${name} keeps the event publisher contract`, () => {
    let ann: string;
    let bob: string;
    let bundle: EventPublisherBundle;

    beforeEach(async () => {
      ann = randomUUID();
      bob = randomUUID();
      bundle = await open();
    });
    afterEach(() => bundle.close());

    async function receivedAll(count: number): Promise<readonly RecordedEvent[]> {
      return eventually(async () => {
        const received = await bundle.received();
        expect(received.length).toBeGreaterThanOrEqual(count);
        return received;
      });
    }

    test('a published event arrives with every field as it was', async () => {
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
      await bundle.publisher.publish(sent);
      const received = await receivedAll(3);
      const byId = (a: RecordedEvent, b: RecordedEvent): number => a.id.localeCompare(b.id);
      expect([...received].sort(byId)).toEqual([...sent].sort(byId));
    });

    test('publishing nothing resolves', async () => {
      await bundle.publisher.publish([]);
    });

    test('events of one user arrive in the order of publishing, within a call and over calls', async () => {
      const sent = Array.from({ length: 60 }, (_, index) => eventOf(ann, index + 1));
      for (let start = 0; start < sent.length; start += 20) {
        await bundle.publisher.publish(sent.slice(start, start + 20));
      }
      const versions = (await receivedAll(60)).map(({ event }) => event.userVersion);
      expect(versions).toEqual(sent.map(({ event }) => event.userVersion));
    });

    test('calls that run together lose nothing and keep the order of each user', async () => {
      const calls = Array.from({ length: 20 }, (_, index) => index + 1).flatMap((version) => [
        [eventOf(ann, version)],
        [eventOf(bob, version)],
      ]);
      const perUser = new Map<string, Promise<void>>();
      for (const call of calls) {
        const userId = call[0]?.event.userId ?? '';
        const before = perUser.get(userId) ?? Promise.resolve();
        perUser.set(
          userId,
          before.then(() => bundle.publisher.publish(call)),
        );
      }
      await Promise.all(perUser.values());
      const received = await receivedAll(40);
      for (const userId of [ann, bob]) {
        const versions = received
          .filter(({ event }) => event.userId === userId)
          .map(({ event }) => event.userVersion);
        expect(versions).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      }
    });

    test('an event that is published again arrives at least once, under the same id', async () => {
      const event = eventOf(ann, 1);
      await bundle.publisher.publish([event]);
      await bundle.publisher.publish([event]);
      await bundle.publisher.publish([eventOf(bob, 1)]);
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
