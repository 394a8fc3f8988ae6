import { createHmac, randomBytes } from 'node:crypto';
import type { FakeClock } from './fake-clock.ts';
import type { TestEvent } from './fake-events.ts';

/** A webhook endpoint of the fake. */
export interface TestWebhookEndpoint {
  readonly url: string;
  /** `whsec_…`; the receiver verifies with it. */
  readonly secret: string;
}

/** One request to an endpoint. */
export interface TestWebhookDelivery {
  readonly url: string;
  readonly event: TestEvent;
  /** Status of the response; null when there was none. */
  readonly status: number | null;
}

export interface FakeWebhooks {
  /** @param types short names, such as `user.created`; all types by default */
  add(url: string, types?: readonly string[]): TestWebhookEndpoint;
  deliver(event: TestEvent): void;
  /** Resolves when every delivery so far has ended, with all deliveries that were made. */
  deliveries(): Promise<readonly TestWebhookDelivery[]>;
}

/** A receiver has this time to answer. */
const TIMEOUT_MS = 15_000;
/** Older deliveries are removed from the list. */
const MAX_DELIVERIES = 10_000;

/** Each event is sent once, without a further attempt: what a receiver answers is for the test to see. */
export function createFakeWebhooks(clock: FakeClock): FakeWebhooks {
  const endpoints: (TestWebhookEndpoint & { readonly types: readonly string[] | undefined })[] = [];
  const pending = new Set<Promise<void>>();
  const made: TestWebhookDelivery[] = [];

  async function send({ url, secret }: TestWebhookEndpoint, event: TestEvent): Promise<void> {
    const status = await post(url, secret, event);
    made.push({ url, event, status });
    if (made.length > MAX_DELIVERIES) made.shift();
  }
  async function post(url: string, secret: string, event: TestEvent): Promise<number | null> {
    const body = JSON.stringify(event);
    const timestamp = String(Math.floor(clock.nowMs() / 1_000));
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'user-service',
      'webhook-id': event.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signWebhook(secret, event.id, timestamp, body),
    };
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(url, {
        ...{ method: 'POST', headers, body, signal },
        redirect: 'manual',
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return null;
    }
  }
  return {
    add(url, types) {
      const secret = `whsec_${randomBytes(32).toString('base64')}`;
      endpoints.push({ url, secret, types });
      return { url, secret };
    },
    deliver(event) {
      const type = event.type.replace(/^user-service\.|\.v[0-9]+$/g, '');
      for (const endpoint of endpoints) {
        if (endpoint.types !== undefined && !endpoint.types.includes(type)) continue;
        const sending = send(endpoint, event).finally(() => pending.delete(sending));
        pending.add(sending);
      }
    },
    async deliveries() {
      while (pending.size > 0) await Promise.all(pending);
      return [...made];
    },
  };
}

/** The signature of Standard Webhooks, version 1: HMAC-SHA256 over id, time and body. */
function signWebhook(secret: string, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return `v1,${digest}`;
}
