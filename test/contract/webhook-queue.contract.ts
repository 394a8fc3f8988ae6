import { describe, expect, test } from 'vitest';
import type { AttemptResult } from '../../src/domain/webhook/webhook-delivery.ts';
import type { WebhookEndpointSettings } from '../../src/domain/webhook/webhook-endpoint.ts';
import { createPostgresEventNumbering } from '../../src/infrastructure/database/postgres/event-feed.ts';
import {
  createPostgresDeadDeliveries,
  createPostgresWebhookLog,
  createPostgresWebhookQueue,
} from '../../src/infrastructure/database/postgres/webhook-deliveries.ts';
import { createPostgresWebhookEndpoints } from '../../src/infrastructure/database/postgres/webhook-endpoints.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, useDatabase } from './fixtures.ts';

const USER = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const OTHER_USER = '0198c0de-4b6c-7d8e-9fa0-1b2c3d4e5f60';
const HOUR_MS = 3_600_000;
const CLAIM = { limit: 100, inFlight: 4, leaseMs: 60_000 };
const OK: AttemptResult = { statusCode: 204, error: null, response: '', durationMs: 3 };
const FAILED: AttemptResult = { statusCode: 500, error: 'failed', response: 'no', durationMs: 3 };
const DELIVERED = { status: 'delivered', delayMs: 0 } as const;
const AGAIN = { status: 'pending', delayMs: 0 } as const;
const LATER = { status: 'pending', delayMs: HOUR_MS } as const;
const DEAD = { status: 'dead', delayMs: 0 } as const;
const NO_EFFECT = { pauseMs: null, reason: null, leastFailures: 5, failingMs: HOUR_MS } as const;

export function describeWebhookQueueContract(implementation: DatabaseImplementation): void {
  describe(`WebhookQueue (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const queue = () => createPostgresWebhookQueue(database());
    const log = () => createPostgresWebhookLog(database());
    const endpoints = () => createPostgresWebhookEndpoints(database());

    async function createEndpoint(settings: Partial<WebhookEndpointSettings> = {}) {
      const id = ids.next();
      const defaults = { description: null, types: null, userId: null, ordered: false };
      const url = 'https://hooks.example.com/';
      expect(await endpoints().insert({ id, url, ...defaults, ...settings }, 100)).toBe(true);
      const sealedSecret = new Uint8Array([1, 2, 3]);
      const secret = { id: ids.next(), scheme: 'v1', sealedSecret, publicKey: null } as const;
      await endpoints().addSecret(id, secret, 0);
      return id;
    }

    async function insertEvents(count: number, type = 'user.updated', userId = USER) {
      await database().query(
        `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
         select make_event_id(), $2, n, $3, '{"a": 1}', 'r', now() from generate_series(1, $1) n`,
        [count, userId, type],
      );
      await createPostgresEventNumbering(database()).number(10_000);
    }

    /** The sequences that are claimed, by endpoint. */
    async function claim(over: Partial<typeof CLAIM> = {}) {
      return await queue().claim({ ...CLAIM, ...over });
    }

    /** As a sender does. */
    async function queueAll(): Promise<number> {
      let total = 0;
      for (;;) {
        const { queued, isBehind } = await queue().queue();
        total += queued;
        if (!isBehind) return total;
      }
    }

    test('an endpoint gets each later event once, with what a request needs', async () => {
      await insertEvents(2);
      expect(await queue().hasEndpoints()).toBe(false);
      const id = await createEndpoint();
      expect(await queue().hasEndpoints()).toBe(true);
      await insertEvents(3);
      expect(await queueAll()).toBe(3);
      expect(await queueAll()).toBe(0);
      const claimed = await claim();
      expect(claimed.map(({ event }) => event.sequence)).toEqual([3, 4, 5]);
      expect(claimed[0]).toMatchObject({
        ...{ endpointId: id, attempt: 1, failures: 0, isTest: false },
        ...{ url: 'https://hooks.example.com/' },
        event: { event: { type: 'user.updated', userId: USER, data: { a: 1 } }, requestId: 'r' },
        secrets: [{ scheme: 'v1', sealed: Buffer.from([1, 2, 3]) }],
      });
      expect(await claim()).toEqual([]);
    });

    test('several that queue at once make each delivery once', async () => {
      await createEndpoint();
      await createEndpoint();
      await insertEvents(100);
      await Promise.all(Array.from({ length: 6 }, () => queue().queue()));
      await queueAll();
      const { rows } = await database().query<{ count: number }>(
        'select count(*)::integer as count from webhook_deliveries',
      );
      expect(rows[0]?.count).toBe(200);
    });

    test('filters by type, by group and by user', async () => {
      const byType = await createEndpoint({ types: ['user.created'] });
      const byGroup = await createEndpoint({ types: ['session.*'] });
      const byUser = await createEndpoint({ userId: OTHER_USER });
      await insertEvents(1, 'user.created');
      await insertEvents(1, 'session.started');
      await insertEvents(1, 'user.updated', OTHER_USER);
      await queueAll();
      const found = new Map((await claim()).map((one) => [one.endpointId, one.event.sequence]));
      expect([byType, byGroup, byUser].map((id) => found.get(id))).toEqual([1, 2, 3]);
      expect(found.size).toBe(3);
    });

    test('an endpoint passes a backlog that has nothing for it', async () => {
      await createEndpoint({ types: ['user.deleted'] });
      await insertEvents(2_500, 'session.started');
      await insertEvents(1, 'user.deleted');
      const looks = [await queue().queue(), await queue().queue(), await queue().queue()];
      expect(looks.map(({ isBehind }) => isBehind)).toEqual([true, true, false]);
      expect(looks.map(({ queued }) => queued)).toEqual([0, 0, 1]);
    });

    test('an endpoint whose queue is full, or that is disabled, is not behind', async () => {
      const id = await createEndpoint();
      await insertEvents(9_000);
      await insertEvents(3_500);
      expect(await queueAll()).toBe(10_000);
      expect((await queue().queue()).isBehind).toBe(false);
      await database().query(
        "update webhook_deliveries set status = 'delivered', ended_at = now()",
      );
      await database().query(
        "update webhook_endpoints set disabled_at = now(), disabled_reason = 'operator' where id = $1",
        [id],
      );
      expect(await queue().queue()).toEqual({ queued: 0, skipped: 0, isBehind: false });
    });

    test('at most so many of an endpoint are in flight, and another endpoint does not wait', async () => {
      const busy = await createEndpoint();
      await insertEvents(10);
      await queueAll();
      const first = await claim();
      expect(first).toHaveLength(4);
      const other = await createEndpoint();
      await insertEvents(1);
      await queueAll();
      expect((await claim()).map(({ endpointId }) => endpointId)).toEqual([other]);
      const [one] = first;
      if (one === undefined) throw new Error('a claim');
      expect(await queue().record(one, OK, DELIVERED)).toBe(true);
      expect(await queue().record(one, OK, DELIVERED)).toBe(false);
      const next = await claim();
      expect(next.map(({ endpointId }) => endpointId)).toEqual([busy]);
    });

    test('an ordered endpoint has one in flight, and the first holds the others back', async () => {
      await createEndpoint({ ordered: true });
      await insertEvents(3);
      await queueAll();
      const [first, ...others] = await claim();
      if (first === undefined) throw new Error('a claim');
      expect([first.event.sequence, others.length]).toEqual([1, 0]);
      expect(await claim()).toEqual([]);
      await queue().record(first, FAILED, LATER);
      expect(await claim()).toEqual([]);
      await database().query('update webhook_deliveries set due_at = now() where attempts > 0');
      const [again] = await claim();
      if (again === undefined) throw new Error('a claim');
      expect([again.event.sequence, again.attempt]).toEqual([1, 2]);
      await queue().record(again, FAILED, DEAD);
      expect((await claim()).map(({ event }) => event.sequence)).toEqual([2]);
    });

    test('the delivery of a sender that died is due when its lease ends', async () => {
      await createEndpoint();
      await insertEvents(1);
      await queueAll();
      const [lost] = await claim({ leaseMs: 0 });
      const [again] = await claim();
      if (lost === undefined || again === undefined) throw new Error('a claim');
      expect([again.id, again.attempt]).toEqual([lost.id, 2]);
      expect(await queue().record(lost, OK, DELIVERED)).toBe(false);
      await queue().release(again);
      expect((await claim())[0]?.attempt).toBe(2);
    });

    test('a paused endpoint waits, then has one in flight until it works', async () => {
      const id = await createEndpoint();
      await insertEvents(6);
      await queueAll();
      await queue().markFailing(id, { ...NO_EFFECT, pauseMs: HOUR_MS });
      expect(await claim()).toEqual([]);
      await database().query('update webhook_endpoints set paused_until = now()');
      const [probe, ...others] = await claim();
      if (probe === undefined) throw new Error('a claim');
      expect([probe.failures, others.length]).toEqual([1, 0]);
      await queue().record(probe, OK, DELIVERED);
      await queue().markWorking(id);
      expect(await claim()).toHaveLength(4);
      expect(await endpoints().find(id)).toMatchObject({ failures: 0, failingSince: null });
    });

    test('an endpoint is disabled at once, or after a long time of failures only', async () => {
      const [gone, failing] = [await createEndpoint(), await createEndpoint()];
      await insertEvents(1);
      await queueAll();
      expect(await queue().markFailing(gone, { ...NO_EFFECT, reason: 'gone' })).toBe('gone');
      for (let count = 0; count < 5; count += 1) {
        expect(await queue().markFailing(failing, NO_EFFECT)).toBeNull();
      }
      await database().query(`update webhook_endpoints set failing_since = now() - interval '2 h'`);
      expect(await queue().markFailing(failing, NO_EFFECT)).toBe('failing');
      expect(await queue().markFailing(failing, NO_EFFECT)).toBeNull();
      expect(await claim()).toEqual([]);
      const settings = await endpoints().find(failing);
      if (settings === null) throw new Error('an endpoint');
      await endpoints().update(failing, settings, true);
      expect(await endpoints().find(failing)).toMatchObject({ failures: 0, disabledAt: null });
      expect((await claim()).map(({ endpointId }) => endpointId)).toEqual([failing]);
    });

    test('events that were deleted before are counted and passed over', async () => {
      const id = await createEndpoint();
      await insertEvents(5);
      await database().query('delete from outbox where sequence <= 3');
      expect(await queue().queue()).toEqual({ queued: 2, skipped: 3, isBehind: false });
      expect(await endpoints().find(id)).toMatchObject({ skippedEvents: 3, queuedSequence: 5 });
    });

    test('a test is sent to a disabled endpoint, and is no dead letter', async () => {
      const id = await createEndpoint();
      const settings = await endpoints().find(id);
      if (settings === null) throw new Error('an endpoint');
      await endpoints().update(id, settings, false);
      const probe = { id: ids.next(), endpointId: id, requestId: 'r' };
      expect(await log().insertTest(probe)).toBe(true);
      expect(await log().insertTest({ ...probe, endpointId: ids.next() })).toBe(false);
      const [claimed] = await claim();
      if (claimed === undefined) throw new Error('a claim');
      expect(claimed).toMatchObject({ isTest: true, event: { event: { type: 'webhook.test' } } });
      await queue().record(claimed, FAILED, DEAD);
      expect(await createPostgresDeadDeliveries(database()).list(10)).toEqual([]);
      expect(await log().find(id, probe.id)).toMatchObject({ status: 'dead', isTest: true });
    });

    test('the log has every attempt; ended deliveries are sent again, one or a selection', async () => {
      const id = await createEndpoint();
      await insertEvents(3);
      await queueAll();
      const [one, two, three] = await claim();
      if (one === undefined || two === undefined || three === undefined) throw new Error('claims');
      await queue().record(one, FAILED, AGAIN);
      const [again] = await claim();
      if (again === undefined) throw new Error('a claim');
      await queue().record(again, FAILED, DEAD);
      await queue().record(two, OK, DELIVERED);
      await queue().record(three, FAILED, DEAD);
      const attempts = await log().listAttempts(one.id, 10);
      expect(
        attempts.map(({ attempt, statusCode, response }) => [attempt, statusCode, response]),
      ).toEqual([
        [1, 500, 'no'],
        [2, 500, 'no'],
      ]);
      const page = { endpointId: id, beforeId: null, status: null, limit: 2 };
      const { deliveries, nextBeforeId } = await log().list(page);
      expect(deliveries.map((delivery) => delivery.id)).toEqual([three.id, two.id]);
      const rest = await log().list({ ...page, beforeId: nextBeforeId });
      expect(rest.deliveries).toMatchObject([{ id: one.id, status: 'dead', attempts: 2 }]);
      const dead = createPostgresDeadDeliveries(database());
      expect((await dead.list(10)).map((letter) => letter.id)).toEqual([one.id, three.id]);
      expect(await dead.drop(two.id)).toBe(false);
      expect(await dead.requeue(three.id)).toBe(1);
      expect(await log().redeliver(id, two.id)).toBe(true);
      expect(await log().redeliver(id, two.id)).toBe(false);
      expect(await log().redeliver(ids.next(), one.id)).toBe(false);
      const selection = { status: 'dead', since: null, until: null } as const;
      const past = { ...selection, until: new Date(Date.now() - HOUR_MS) };
      expect(await log().redeliverSelected(id, past, 10)).toBe(0);
      expect(await log().redeliverSelected(id, selection, 10)).toBe(1);
      expect((await claim()).map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    });

    test('the number of endpoints has a bound', async () => {
      await createEndpoint();
      const id = ids.next();
      const settings = { description: null, types: null, userId: null, ordered: false };
      expect(await endpoints().insert({ id, url: 'https://a.example/', ...settings }, 1)).toBe(
        false,
      );
    });

    test('a rotated secret signs until its overlap ends', async () => {
      const id = await createEndpoint();
      const add = (overlapMs: number) =>
        endpoints().addSecret(
          id,
          { id: ids.next(), scheme: 'v1a', sealedSecret: new Uint8Array([9]), publicKey: 'whpk_x' },
          overlapMs,
        );
      await add(HOUR_MS);
      const [newest, former] = (await endpoints().find(id))?.secrets ?? [];
      expect(newest).toMatchObject({ scheme: 'v1a', publicKey: 'whpk_x', expiresAt: null });
      expect(former?.expiresAt?.getTime()).toBeGreaterThan(Date.now());
      await insertEvents(1);
      await queueAll();
      expect((await claim({ leaseMs: 0 }))[0]?.secrets.map(({ scheme }) => scheme)).toEqual([
        'v1a',
        'v1',
      ]);
      await add(0);
      expect((await endpoints().find(id))?.secrets).toHaveLength(1);
      expect((await claim())[0]?.secrets).toHaveLength(1);
      expect(await queue().deleteExpiredSecrets()).toBe(2);
    });

    test('what ended long ago, and what has lost its endpoint, is deleted', async () => {
      const id = await createEndpoint();
      await insertEvents(2);
      await queueAll();
      const [one] = await claim();
      if (one === undefined) throw new Error('a claim');
      await queue().record(one, OK, DELIVERED);
      expect(await queue().backlog()).toMatchObject({
        ...{ pending: 1, deadLetters: 0, endpoints: { working: 1, failing: 0, disabled: 0 } },
      });
      expect(await queue().deleteEnded(HOUR_MS, 10)).toBe(0);
      expect(await queue().deleteEnded(0, 10)).toBe(1);
      expect(await queue().deleteAttempts(HOUR_MS, 10)).toBe(0);
      expect(await queue().deleteAttempts(0, 10)).toBe(1);
      expect(await queue().deleteOrphans(10)).toBe(0);
      expect(await endpoints().delete(id)).toBe(true);
      expect(await endpoints().delete(id)).toBe(false);
      expect(await queue().deleteOrphans(10)).toBe(1);
    });
  });
}
