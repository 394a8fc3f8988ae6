import { type Case, CLOUD_EVENT, ID, READ, USER } from './sample-event.ts';

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

/** Lines of the feed, messages of the stream, and what a copy of users does with events. */
export function eventVectors() {
  return {
    description:
      'Form `json`: a line of the feed. Form `message`: a message of the stream. Verdict `event` with the event as the client reads it, or `foreign`: drop it. Form `copy`: a copy of users that has `known_version` of a user (null: not at all) gets an event; verdict `change`: apply the values of the event if it has all that changed, else read the user; `read`: read the user, who may be missing; `delete`; `ignore`.',
    cases: EVENTS,
  };
}
