import { describe, expect, test } from 'vitest';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import type {
  ClaimedDelivery,
  EndpointFailure,
  WebhookQueue,
  WebhookResponse,
  WebhookTransport,
} from '../../domain/webhook/webhook-delivery.ts';
import { createSendWebhooks } from './send-webhooks.ts';

const ENDPOINT = '0198c0f0-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const answer = (status: number, retryAfterMs: number | null = null): WebhookResponse => ({
  ...{ status, retryAfterMs, excerpt: 'said' },
});

function deliveryWith(traits: Partial<ClaimedDelivery> = {}): ClaimedDelivery {
  return {
    ...{ id: 'delivery', endpointId: ENDPOINT, isTest: false, attempt: 1, failures: 0 },
    ...{ url: 'https://hooks.example.com/', secrets: [] },
    event: {
      ...{ id: 'event', time: new Date(0), requestId: 'r', sequence: 7 },
      event: { type: 'user.deleted', userId: 'user', userVersion: 2, data: {} },
    },
    ...traits,
  };
}

/** Sends one delivery, and says what was recorded. */
async function send(
  delivery: ClaimedDelivery,
  respond: WebhookTransport['send'],
  { signature = 'v1,x' as string | null, timeoutMs = 50, looksUntilCaughtUp = 1 } = {},
) {
  const records: unknown[] = [];
  let looks = 0;
  const failures: EndpointFailure[] = [];
  let waiting: readonly ClaimedDelivery[] = [delivery];
  const logger = createRecordingLogger();
  const queue: WebhookQueue = {
    hasEndpoints: async () => true,
    async queue() {
      looks += 1;
      return { queued: 0, skipped: 0, isBehind: looks < looksUntilCaughtUp };
    },
    async claim() {
      const claimed = waiting;
      waiting = [];
      return claimed;
    },
    async record(_delivery, { statusCode, error }, { status, delayMs }) {
      records.push([status, delayMs, statusCode, error]);
      return true;
    },
    release: async () => void records.push('released'),
    markWorking: async () => void records.push('working'),
    async markFailing(_id, failure) {
      failures.push(failure);
      return failure.reason;
    },
    backlog: () => Promise.reject(new Error('not part of this test')),
    ...{ deleteEnded: async () => 0, deleteAttempts: async () => 0 },
    ...{ deleteOrphans: async () => 0, deleteExpiredSecrets: async () => 0 },
  };
  const requests: Parameters<WebhookTransport['send']>[0][] = [];
  const sender = createSendWebhooks({
    ...{ queue, logger, timeoutMs, maxInFlight: 4, random: () => 0.5 },
    transport: {
      send(request, signal) {
        requests.push(request);
        return respond(request, signal);
      },
    },
    signer: { sign: () => signature },
    clock: { now: () => new Date(1_700_000_000_000) },
    nowMs: () => 0,
  });
  const worked = new Promise<void>((resolve) => sender.onWork(resolve));
  await sender.run();
  return {
    ...{ records, failures, requests, sender, worked, looks: () => looks },
    messages: () => logger.lines.map(({ message }) => message),
  };
}

describe('an attempt', () => {
  test('has the headers of Standard Webhooks and the event of the feed as its body', async () => {
    const { requests, records, worked } = await send(deliveryWith(), async () => answer(200));
    await worked;
    const [request] = requests;
    expect(request?.headers).toMatchObject({
      ...{ 'webhook-id': 'event', 'webhook-timestamp': '1700000000', 'webhook-signature': 'v1,x' },
    });
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      ...{ id: 'event', type: 'user-service.user.deleted.v1', sequence: '7', userversion: 2 },
    });
    expect(records).toEqual([['delivered', 0, 200, null]]);
  });

  test.each([300, 301, 302, 400, 404, 500])('with %i is a failure', async (status) => {
    const { records, failures, worked } = await send(deliveryWith(), async () => answer(status));
    await worked;
    expect(records).toEqual([['pending', 5_000, status, `the receiver answered ${status}`]]);
    expect(failures).toMatchObject([{ pauseMs: null, reason: null }]);
  });

  test('without a response in time is a failure', async () => {
    const { records, worked } = await send(
      deliveryWith(),
      (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        ),
    );
    await worked;
    expect(records).toEqual([['pending', 5_000, null, 'no complete response in time']]);
  });

  test('that fails as the last of the schedule makes a dead letter', async () => {
    const last = deliveryWith({ attempt: 10 });
    const { records, worked, messages } = await send(last, async () => answer(500));
    await worked;
    expect(records).toEqual([['dead', 0, 500, 'the receiver answered 500']]);
    expect(messages()).toContain('could not deliver a webhook; it is a dead letter now');
  });

  test('after more than all attempts is not sent: senders died again and again', async () => {
    const { records, requests, worked } = await send(deliveryWith({ attempt: 11 }), async () =>
      answer(200),
    );
    await worked;
    const reason = 'too many attempts; the outcome of the last one is unknown';
    expect([requests.length, records]).toEqual([0, [['dead', 0, null, reason]]]);
  });

  test('with 410 disables the endpoint, and 429 lets it pause', async () => {
    const gone = await send(deliveryWith(), async () => answer(410));
    await gone.worked;
    expect(gone.failures).toMatchObject([{ reason: 'gone' }]);
    expect(gone.messages()).toContain('disabled a webhook endpoint');
    const busy = await send(deliveryWith(), async () => answer(429, 60_000));
    await busy.worked;
    expect(busy.failures).toMatchObject([{ reason: null, pauseMs: 60_000 }]);
    expect(busy.records).toEqual([['pending', 60_000, 429, 'the receiver answered 429']]);
  });

  test('that succeeds after failures ends the pause of the endpoint', async () => {
    const { records, worked, messages } = await send(deliveryWith({ failures: 5 }), async () =>
      answer(204),
    );
    await worked;
    expect(records).toEqual([['delivered', 0, 204, null], 'working']);
    expect(messages()).toEqual(['a webhook endpoint works again']);
  });

  test('without a secret that opens is not sent, and disables the endpoint', async () => {
    const { records, failures, requests, worked } = await send(
      deliveryWith(),
      async () => answer(200),
      { signature: null },
    );
    await worked;
    expect(requests).toEqual([]);
    const reason = 'no master key opens the secret of the endpoint';
    expect(records).toEqual([['pending', 0, null, reason]]);
    expect(failures).toMatchObject([{ reason: 'secret_unreadable' }]);
  });

  test('of a test is the only one, and counts for nothing', async () => {
    const { records, failures, requests, worked, messages } = await send(
      deliveryWith({ isTest: true }),
      async () => answer(500),
    );
    await worked;
    expect(requests[0]?.headers['webhook-id']).toBe('delivery');
    const record = ['dead', 0, 500, 'the receiver answered 500'];
    expect([records, failures, messages()]).toEqual([[record], [], []]);
  });

  test('that a stop breaks off does not count, and a later run begins nothing', async () => {
    const { sender, records, requests } = await send(
      deliveryWith(),
      (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        ),
      { timeoutMs: 60_000 },
    );
    await sender.stop();
    await sender.run();
    expect([records, requests.length]).toEqual([['released'], 1]);
  });
});

describe('a backlog in which nothing matches', () => {
  test.each([
    [5, 5],
    [1_000, 20],
  ])('that takes %i looks at the feed gets %i in one run', async (looksUntilCaughtUp, expected) => {
    const { looks } = await send(deliveryWith(), async () => answer(200), { looksUntilCaughtUp });
    expect(looks()).toBe(expected);
  });
});
