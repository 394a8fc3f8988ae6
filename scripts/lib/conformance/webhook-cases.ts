import { createHmac, createPrivateKey, sign } from 'node:crypto';
import { type Case, CLOUD_EVENT, ID, READ, USER } from './sample-event.ts';

const NOW = 1_764_000_000;
/** Bytes that show what they are. */
const SHARED = Buffer.from('conformance test key, not secret').toString('base64');
const FORMER = Buffer.from('former conformance key, no secret').toString('base64');
const OTHER = Buffer.from('the key of another sender, public').toString('base64');
/** PKCS #8 of an Ed25519 key whose seed is public, so that the vectors are the same in every run. */
const KEY_PAIR = createPrivateKey({
  key: Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from('conformance test seed, no secret'),
  ]),
  format: 'der',
  type: 'pkcs8',
});
const PUBLIC_KEY = Buffer.from(String(KEY_PAIR.export({ format: 'jwk' }).x), 'base64url').toString(
  'base64',
);

const BODY = JSON.stringify(CLOUD_EVENT);

function hmac(key: string, body = BODY, { id = ID, timestamp = String(NOW) } = {}): string {
  const content = `${id}.${timestamp}.${body}`;
  const mac = createHmac('sha256', Buffer.from(key, 'base64')).update(content);
  return `v1,${mac.digest('base64')}`;
}

function ed25519(body = BODY): string {
  return `v1a,${sign(null, Buffer.from(`${ID}.${NOW}.${body}`), KEY_PAIR).toString('base64')}`;
}

const accept = (event: object = READ) => ({ verdict: 'accept', event });
const refuse = (reason: string) => ({ verdict: 'refuse', reason });

function webhook(
  name: string,
  expected: object,
  {
    secrets = [`whsec_${SHARED}`],
    body = BODY,
    headers = {},
    signature = hmac(SHARED, body),
    now = NOW,
  }: {
    secrets?: readonly string[];
    body?: string;
    headers?: Readonly<Record<string, string | null>>;
    signature?: string;
    now?: number;
  } = {},
): Case {
  const all = {
    'webhook-id': ID,
    'webhook-timestamp': String(NOW),
    'webhook-signature': signature,
    ...headers,
  };
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  return { name, ...{ secrets, now, headers: present, body }, expected };
}

const test = { ...CLOUD_EVENT, type: 'user-service.webhook.test.v1', data: {} };
const { subject: _subject, userversion: _version, sequence: _sequence, ...testEvent } = test;
const testBody = JSON.stringify(testEvent);
const futureType = {
  ...CLOUD_EVENT,
  type: 'user-service.user.erased.v1',
  userversion: 9,
  data: {},
};
const futureBody = JSON.stringify(futureType);
const at = (timestamp: string) => ({
  headers: { 'webhook-timestamp': timestamp },
  signature: hmac(SHARED, BODY, { timestamp }),
});
const nonAscii = JSON.stringify({
  ...CLOUD_EVENT,
  data: { status: 'active', values: { first_name: 'Zoë 🦜' } },
});
const bare = hmac(SHARED).slice('v1,'.length);

const WEBHOOKS: readonly Case[] = [
  webhook('a delivery', accept()),
  webhook('the secret without its prefix', accept(), { secrets: [SHARED] }),
  webhook('header names in other letters', accept(), {
    headers: {
      ...{ 'webhook-id': null, 'webhook-timestamp': null, 'webhook-signature': null },
      ...{ 'Webhook-Id': ID, 'WEBHOOK-TIMESTAMP': String(NOW), 'Webhook-Signature': hmac(SHARED) },
    },
  }),
  webhook('characters beyond ASCII', accept({ ...READ, data: JSON.parse(nonAscii).data }), {
    body: nonAscii,
  }),
  webhook('during a rotation: both signatures, the receiver has the new secret', accept(), {
    signature: `${hmac(FORMER)} ${hmac(SHARED)}`,
  }),
  webhook('during a rotation: both signatures, the receiver has the former secret', accept(), {
    secrets: [`whsec_${FORMER}`],
    signature: `${hmac(FORMER)} ${hmac(SHARED)}`,
  }),
  webhook('during a rotation: one signature, the receiver has both secrets', accept(), {
    secrets: [`whsec_${FORMER}`, `whsec_${SHARED}`],
  }),
  webhook('an unknown scheme beside a right signature', accept(), {
    signature: `v9,AAAA ${hmac(SHARED)}`,
  }),
  webhook('a malformed signature beside a right one', accept(), {
    signature: `v1,% ${hmac(SHARED)}`,
  }),
  webhook('Ed25519', accept(), { secrets: [`whpk_${PUBLIC_KEY}`], signature: ed25519() }),
  webhook('Ed25519 of another body', refuse('signature_invalid'), {
    secrets: [`whpk_${PUBLIC_KEY}`],
    signature: ed25519('{}'),
  }),
  webhook('an HMAC whose key is the public key', refuse('signature_invalid'), {
    secrets: [`whpk_${PUBLIC_KEY}`],
    signature: hmac(PUBLIC_KEY),
  }),
  webhook('a test', accept({ id: ID, type: 'webhook.test', time: CLOUD_EVENT.time }), {
    body: testBody,
  }),
  webhook(
    'a type that the receiver does not know',
    accept({
      ...{ ...READ, type: 'unknown', cloudEventType: futureType.type },
      ...{ userVersion: 9, data: {} },
    }),
    { body: futureBody },
  ),
  webhook('300 s old', accept(), { now: NOW + 300 }),
  webhook('301 s old', refuse('timestamp_too_old'), { now: NOW + 301 }),
  webhook('300 s ahead', accept(), { now: NOW - 300 }),
  webhook('301 s ahead', refuse('timestamp_too_new'), { now: NOW - 301 }),
  webhook('a timestamp in milliseconds', refuse('headers_invalid'), at(`${NOW}000`)),
  webhook('a timestamp with a fraction', refuse('headers_invalid'), at(`${NOW}.5`)),
  webhook('a timestamp with a leading zero', refuse('headers_invalid'), at(`0${NOW}`)),
  webhook('a negative timestamp', refuse('headers_invalid'), at(`-${NOW}`)),
  webhook('a timestamp with text behind it', refuse('headers_invalid'), at(`${NOW}x`)),
  webhook('a timestamp that was changed after signing', refuse('signature_invalid'), {
    headers: { 'webhook-timestamp': String(NOW + 1) },
  }),
  webhook('an id that was changed after signing', refuse('signature_invalid'), {
    headers: { 'webhook-id': USER },
  }),
  webhook('no id', refuse('headers_invalid'), { headers: { 'webhook-id': null } }),
  webhook('no timestamp', refuse('headers_invalid'), { headers: { 'webhook-timestamp': null } }),
  webhook('no signature', refuse('headers_invalid'), { headers: { 'webhook-signature': null } }),
  webhook('an empty signature', refuse('headers_invalid'), { signature: '' }),
  webhook('signatures without end', refuse('headers_invalid'), {
    signature: `${'v1,AAAA '.repeat(1_000)}${hmac(SHARED)}`,
  }),
  webhook('a signature by another secret', refuse('signature_invalid'), {
    signature: hmac(OTHER),
  }),
  webhook('a signature without its scheme', refuse('signature_invalid'), { signature: bare }),
  webhook('the right signature under another scheme', refuse('signature_invalid'), {
    signature: `v2,${bare}`,
  }),
  webhook('the beginning of the right signature', refuse('signature_invalid'), {
    signature: `v1,${bare.slice(0, 8)}`,
  }),
  webhook('the signature in hexadecimal digits', refuse('signature_invalid'), {
    signature: `v1,${Buffer.from(bare, 'base64').toString('hex')}`,
  }),
  webhook('a body with a space more', refuse('signature_invalid'), {
    body: `${BODY} `,
    signature: hmac(SHARED),
  }),
  webhook('JSON that was parsed and written again', refuse('signature_invalid'), {
    body: JSON.stringify(CLOUD_EVENT, null, 2),
    signature: hmac(SHARED),
  }),
  webhook('an empty body that was not signed', refuse('signature_invalid'), {
    body: '',
    signature: hmac(SHARED),
  }),
  webhook('a signed body that is no JSON', refuse('body_invalid'), { body: 'hello' }),
  webhook('a signed body that is no event', refuse('body_invalid'), { body: '{"id":"1"}' }),
  webhook('a signed event of another source', refuse('body_invalid'), {
    body: JSON.stringify({ ...CLOUD_EVENT, source: 'urn:other' }),
  }),
];

/** Requests to a receiver of webhooks. The keys are for these cases only, and anyone can have them. */
export function webhookVectors() {
  return {
    description:
      'Requests to a receiver of webhooks. `now` is its clock in seconds. Verdict `accept` with the event as the client reads it, or `refuse` with the reason. The keys are for these cases only.',
    cases: WEBHOOKS,
  };
}
