import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import vectors from '../../conformance/webhooks.json' with { type: 'json' };
import {
  fetchWebhookHandler,
  nodeWebhookHandler,
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookEvent,
} from './webhooks.ts';

interface Vector extends Pick<VerifyWebhookOptions, 'headers'> {
  readonly name: string;
  readonly secrets: readonly string[];
  readonly now: number;
  readonly body: string;
  readonly expected: {
    readonly verdict: string;
    readonly reason?: string;
    readonly event?: object;
  };
}

const cases = vectors.cases as unknown as readonly Vector[];
const [first] = cases;
if (first === undefined) throw new Error('there are vectors');
const NOW_MS = first.now * 1_000;

function optionsOf({ secrets, now, headers, body }: Vector): VerifyWebhookOptions {
  return { secrets, headers, body, now: () => now * 1_000 };
}

describe('verifyWebhook has the verdicts of the conformance vectors', () => {
  test.each(cases)('$name', async (vector) => {
    const { verdict, reason, event } = vector.expected;
    const result = await verifyWebhook(optionsOf(vector));
    expect(result).toEqual(
      verdict === 'accept'
        ? { ok: true, data: event }
        : { ok: false, problem: { code: reason, detail: expect.any(String) } },
    );
  });

  test.each(cases)('$name: the same from bytes and Fetch headers', async (vector) => {
    const { verdict } = vector.expected;
    const options = optionsOf(vector);
    const headers = new Headers(options.headers as Record<string, string>);
    const body = new TextEncoder().encode(vector.body);
    for (const bytes of [body, body.buffer]) {
      const { ok } = await verifyWebhook({ ...options, headers, body: bytes });
      expect(ok).toBe(verdict === 'accept');
    }
  });
});

test('what the reference library signs is accepted, and what it refuses is refused', async () => {
  const secret = first.secrets[0] ?? '';
  const reference = new Webhook(secret);
  const now = new Date();
  const timestamp = String(Math.floor(now.getTime() / 1_000));
  for (const changes of [{}, { 'webhook-id': 'other' }, { 'webhook-timestamp': '1' }]) {
    const headers = {
      'webhook-id': 'msg',
      'webhook-timestamp': timestamp,
      'webhook-signature': reference.sign('msg', now, first.body),
      ...changes,
    };
    const { ok } = await verifyWebhook({ secret, headers, body: first.body });
    const accepts = () => reference.verify(first.body, headers);
    if (ok) expect(accepts()).toMatchObject({ specversion: '1.0' });
    else expect(accepts).toThrow();
    expect(ok).toBe(Object.keys(changes).length === 0);
  }
});

describe('a mistake of the receiver throws, and shows no secret', () => {
  test.each([
    [{ secrets: [] }],
    [{ secret: '' }],
    [{ secret: 'whsec_' }],
    [{ secret: 'whsec_with spaces canary' }],
    [{ secret: 'whpk_Y2FuYXJ5' }],
    [{ secrets: Array.from({ length: 11 }, () => first.secrets[0] ?? '') }],
    [{ toleranceSeconds: Number.NaN }],
    [{ body: JSON.parse(first.body) as string }],
  ])('%o', async (changes) => {
    const failure = verifyWebhook({ ...optionsOf(first), ...changes });
    await expect(failure).rejects.toThrow(TypeError);
    await expect(failure).rejects.toThrow(/^(?!.*canary)/);
  });
});

describe('handlers', () => {
  const send = { ...optionsOf(first) };
  const requestWith = (body: string, headers = first.headers as Record<string, string>) =>
    new Request('https://receiver.test/', { method: 'POST', body, headers });
  const secrets = first.secrets;
  const now = () => NOW_MS;

  test('for Fetch: 204 once the event is handled, 400, 413 and 500', async () => {
    const events: WebhookEvent[] = [];
    const handler = fetchWebhookHandler({ secrets, now, handle: (event) => events.push(event) });
    expect((await handler(requestWith(first.body))).status).toBe(204);
    expect(events).toMatchObject([{ type: 'user.created', userVersion: 1 }]);
    expect((await handler(requestWith(`${first.body} `))).status).toBe(400);
    expect((await handler(requestWith('x'.repeat(1_048_577)))).status).toBe(413);
    expect(events).toHaveLength(1);
    const failing = fetchWebhookHandler({
      ...{ secrets, now },
      handle: () => Promise.reject(new Error('the table is away')),
    });
    expect((await failing(requestWith(first.body))).status).toBe(500);
  });

  test('for node:http', async () => {
    const events: WebhookEvent[] = [];
    const server = createServer(
      nodeWebhookHandler({ secrets, now, handle: (event) => events.push(event) }),
    );
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const headers = send.headers as Record<string, string>;
    const post = async (body: string) =>
      (await fetch(url, { method: 'POST', headers, body })).status;
    expect(await post(first.body)).toBe(204);
    expect(await post('{}')).toBe(400);
    expect(events).toMatchObject([{ type: 'user.created' }]);
  });

  test('a wrong secret is found when the handler is made', () => {
    expect(() => fetchWebhookHandler({ secret: '', handle: () => {} })).toThrow(TypeError);
    expect(() => nodeWebhookHandler({ secret: '', handle: () => {} })).toThrow(TypeError);
  });
});
