// Writes the conformance vectors of webhooks and events: requests and messages with the verdict of a right reader.
// The keys are for these files only. Run it with tsx after a change, and commit what it writes.
import { createHmac, createPrivateKey, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Case {
  readonly name: string;
  readonly expected: object;
}

const folder = join(import.meta.dirname, '..', 'packages', 'conformance');
const ID = '0198c0de-2a3b-7c4d-8e5f-6a7b8c9d0e1f';
const USER = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
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

const CLOUD_EVENT = {
  specversion: '1.0',
  id: ID,
  source: 'urn:user-service:events',
  type: 'user-service.user.created.v1',
  time: '2026-11-05T09:30:00.000Z',
  subject: USER,
  datacontenttype: 'application/json',
  dataschema: 'urn:user-service:schema:user.created.v1',
  userversion: 1,
  sequence: '1042',
  data: { status: 'active' },
};
const READ = {
  ...{ id: ID, type: 'user.created', time: CLOUD_EVENT.time, sequence: 1042 },
  ...{ userId: USER, userVersion: 1, data: CLOUD_EVENT.data },
};
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

function line(name: string, event: unknown, expected: object): Case {
  const text = typeof event === 'string' ? event : JSON.stringify(event);
  return { name, ...{ form: 'json', json: text }, expected };
}

const HEADERS: Readonly<Record<string, string>> = {
  ...{ 'ce-specversion': '1.0', 'ce-id': ID, 'ce-source': CLOUD_EVENT.source },
  ...{ 'ce-type': CLOUD_EVENT.type, 'ce-time': CLOUD_EVENT.time, 'ce-subject': USER },
  ...{ 'ce-userversion': '1', 'ce-sequence': '1042', 'ce-datacontenttype': 'application/json' },
  ...{ 'ce-dataschema': CLOUD_EVENT.dataschema, 'Nats-Msg-Id': ID },
};

function message(
  name: string,
  changes: Readonly<Record<string, string | null>>,
  expected: object,
  data = '{"status":"active"}',
): Case {
  const all = Object.entries({ ...HEADERS, ...changes }).filter(([, value]) => value !== null);
  return { name, ...{ form: 'message', headers: Object.fromEntries(all), data }, expected };
}

const event = (changes: object = {}) => ({ verdict: 'event', event: { ...READ, ...changes } });
const FOREIGN = { verdict: 'foreign' };
const failed = {
  ...{ ...CLOUD_EVENT, type: 'user-service.authentication.failed.v1' },
  data: { reason: 'unknown_email', suppressed: 0 },
};
const { subject: _who, userversion: _which, ...nobody } = failed;
const { subject: _none, userversion: _no, ...withoutUser } = CLOUD_EVENT;
const unknownType = (type: string) => ({ type: 'unknown', cloudEventType: type });

/** What a copy that knows a version does with an event. */
function apply(name: string, known: number | null, type: string, version: number, verdict: string) {
  return {
    name,
    ...{ form: 'copy', known_version: known },
    event: { type: `user-service.${type}.v1`, userversion: version },
    expected: { verdict },
  };
}

const EVENTS: readonly Case[] = [
  line('an event of the feed', CLOUD_EVENT, event()),
  line('an attribute that the reader does not know', { ...CLOUD_EVENT, traceparent: 'x' }, event()),
  line(
    'a field of the data that the reader does not know',
    { ...CLOUD_EVENT, data: { status: 'active', plan: 'free' } },
    event({ data: { status: 'active', plan: 'free' } }),
  ),
  line(
    'a value that the reader does not know',
    { ...CLOUD_EVENT, data: { status: 'archived' } },
    event({ data: { status: 'archived' } }),
  ),
  line(
    'a type that the reader does not know',
    { ...CLOUD_EVENT, type: 'user-service.user.erased.v1' },
    event(unknownType('user-service.user.erased.v1')),
  ),
  line(
    'the second generation of a known type',
    { ...CLOUD_EVENT, type: 'user-service.user.created.v2' },
    event(unknownType('user-service.user.created.v2')),
  ),
  line(
    'an event without a user',
    nobody,
    event({
      ...{ type: 'authentication.failed', userId: null, userVersion: null },
      data: failed.data,
    }),
  ),
  line('a user event without a user', withoutUser, FOREIGN),
  line('another source', { ...CLOUD_EVENT, source: 'urn:other' }, FOREIGN),
  line('another version of CloudEvents', { ...CLOUD_EVENT, specversion: '0.3' }, FOREIGN),
  line('a type of another system', { ...CLOUD_EVENT, type: 'shop.user.created.v1' }, FOREIGN),
  line('an id that is none', { ...CLOUD_EVENT, id: '1' }, FOREIGN),
  line('a subject that is no user', { ...CLOUD_EVENT, subject: 'admin' }, FOREIGN),
  line('a version that is a text', { ...CLOUD_EVENT, userversion: '1' }, FOREIGN),
  line('version zero', { ...CLOUD_EVENT, userversion: 0 }, FOREIGN),
  line('a sequence with a sign', { ...CLOUD_EVENT, sequence: '-1' }, FOREIGN),
  line('a time that is none', { ...CLOUD_EVENT, time: 'yesterday' }, FOREIGN),
  line('no data', { ...CLOUD_EVENT, data: null }, FOREIGN),
  line('a record of the position', { position: '1042-5f3a9c21' }, FOREIGN),
  line('a list', [CLOUD_EVENT], FOREIGN),
  message('a message of the stream', {}, event()),
  message(
    'a message of a build without numbers',
    { 'ce-sequence': null },
    event({ sequence: null }),
  ),
  message('a percent-encoded header', { 'ce-source': 'urn%3Auser-service:events' }, event()),
  message('no ce-id: another sender', { 'ce-id': null }, FOREIGN),
  message(
    'no headers of CloudEvents',
    {
      ...Object.fromEntries(Object.keys(HEADERS).map((name) => [name, null])),
    },
    FOREIGN,
  ),
  message('a broken header', { 'ce-subject': '%E0%A4%A' }, FOREIGN),
  message('a body that is no JSON', {}, FOREIGN, 'hello'),
  message('an empty body', {}, FOREIGN, ''),
  apply('the next version', 3, 'user.updated', 4, 'change'),
  apply('a version that was left out before', 3, 'user.updated', 7, 'read'),
  apply('the same version again', 4, 'user.updated', 4, 'ignore'),
  apply('an older version after a newer one', 4, 'user.updated', 2, 'ignore'),
  apply('a user that the copy does not have', null, 'user.updated', 4, 'read'),
  apply('a new user', null, 'user.created', 1, 'read'),
  apply('a deletion', 4, 'user.deleted', 5, 'delete'),
  apply('a deletion behind a gap', 4, 'user.deleted', 9, 'delete'),
  apply('a deletion of a user that the copy does not have', null, 'user.deleted', 5, 'ignore'),
  apply('an old deletion of a user that was restored', 1_000_007, 'user.deleted', 5, 'ignore'),
  apply('a restored user', 7, 'user.restored', 1_000_007, 'change'),
  apply('a restored user that the copy does not have', null, 'user.restored', 1_000_007, 'read'),
  apply('a type that the copy does not know', 4, 'user.erased', 5, 'read'),
];

function write(name: string, description: string, cases: readonly Case[]): void {
  const text = JSON.stringify({ description, cases }, null, 2);
  writeFileSync(join(folder, `${name}.json`), `${text}\n`);
  console.log(`${name}.json: ${cases.length} cases`);
}

write(
  'webhooks',
  'Requests to a receiver of webhooks. `now` is its clock in seconds. Verdict `accept` with the event as the client reads it, or `refuse` with the reason. The keys are for these cases only.',
  WEBHOOKS,
);
write(
  'events',
  'Form `json`: a line of the feed. Form `message`: a message of the stream. Verdict `event` with the event as the client reads it, or `foreign`: drop it. Form `copy`: a copy of users that has `known_version` of a user (null: not at all) gets an event; verdict `change`: apply the values of the event if it has all that changed, else read the user; `read`: read the user, who may be missing; `delete`; `ignore`.',
  EVENTS,
);
