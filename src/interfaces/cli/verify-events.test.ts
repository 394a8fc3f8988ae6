import { expect, test } from 'vitest';
import { runCommand } from '../../../test/support/cli-setting.ts';
import { type OperatorClient, pathOf } from './operator-client.ts';

const USER = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';
const message = (sequence: number, verdict: string) => ({
  ...{ stream_sequence: sequence, verdict },
  event: {
    id: `id-${sequence}`,
    type: 'user.updated',
    user_id: USER,
    user_version: sequence,
    number: sequence,
  },
});

/** A service that answers each request with the next of these bodies. */
function serviceWith(...bodies: readonly object[]) {
  const paths: string[] = [];
  const rest = [...bodies];
  const client: OperatorClient = {
    describe: () => 'it',
    close: async () => {},
    async fetch(url, { body }) {
      paths.push(typeof body === 'string' ? `${pathOf(url)} ${body}` : pathOf(url));
      return Response.json(rest.shift());
    },
  };
  return { paths, setting: { openOperator: async () => client } };
}

const slice = (more: object) => ({
  slice: {
    ...{ stream: { name: 'USERS', first: 1 }, up_to: 60, next: null, messages: [], missing: [] },
    ...{ missing_before: 0, restored: 0, waiting: 0, ...more },
  },
});

test('a verification reads part after part up to the end of the first, and says that all is well', async () => {
  const { paths, setting } = serviceWith(
    slice({ next: 2, messages: [message(1, 'known'), message(2, 'known')] }),
    slice({ messages: [message(3, 'unjudged')], waiting: 1 }),
  );
  const { code, stdout } = await runCommand(['events', 'verify'], setting);
  expect(paths).toEqual([
    '/v1/outbox/comparison?after=0',
    '/v1/outbox/comparison?after=2&up_to=60',
  ]);
  expect(code).toBe(0);
  expect(stdout).toEqual([
    '3 messages of USERS: 0 findings',
    expect.stringMatching(/^1 message cannot be compared with the database: .*outbox.retention/),
    '1 event not published yet',
  ]);
});

test('findings are printed, at most 20 of a kind, and are a failure', async () => {
  const messages = Array.from({ length: 25 }, (_, index) => message(index + 1, 'unknown'));
  const missing = [
    { id: 'gone', type: 'user.created', user_id: USER, user_version: 1, stream_sequence: 9 },
  ];
  const found = slice({ messages, missing });
  const text = await runCommand(['events', 'verify'], serviceWith(found).setting);
  expect(text.code).toBe(1);
  expect(text.stdout[0]).toBe(
    `missing: message 9 user.created ${USER} v1 (gone): published, and the stream does not have it there`,
  );
  expect(text.stdout).toHaveLength(1 + 20 + 1 + 1);
  expect(text.stdout.slice(-2)).toEqual([
    'unknown: 5 more; --json shows all',
    '25 messages of USERS: 26 findings',
  ]);
  const json = await runCommand(['events', 'verify', '--json'], serviceWith(found).setting);
  expect(json.code).toBe(1);
  const lines = json.stdout.map((line) => JSON.parse(line));
  expect(lines).toHaveLength(27);
  expect(lines[1]).toMatchObject({ kind: 'unknown', stream_sequence: 1, user_id: USER });
  expect(lines.at(-1)).toEqual({
    summary: { stream: 'USERS', messages: 25, findings: 26, unjudged: 0, waiting: 0 },
  });
});

test('without a stream it fails and says so', async () => {
  const { code, stderr } = await runCommand(
    ['events', 'verify', '--json'],
    serviceWith({ slice: null }).setting,
  );
  expect(code).toBe(1);
  expect(JSON.parse(stderr.join('')).error).toMatchObject({
    code: 'no_stream',
    message: expect.stringContaining('There is no stream'),
  });
});

test('a resync needs --confirm, and goes on where the last part ended', async () => {
  const refused = serviceWith();
  expect((await runCommand(['events', 'resync'], refused.setting)).code).toBe(1);
  expect(refused.paths).toEqual([]);
  const next = { part: 'users', after: null };
  const { paths, setting } = serviceWith(
    { announced: 0, deleted: 0, next },
    { announced: 2, deleted: 0, next: { part: 'stream', after: 0 } },
    { announced: 0, deleted: 1, next: null },
  );
  const { code, stdout } = await runCommand(['events', 'resync', '--confirm'], setting);
  expect([code, stdout]).toEqual([0, ['2 users announced, 1 lost user deleted']]);
  expect(paths).toEqual([
    '/v1/outbox/resync {"cursor":null}',
    '/v1/outbox/resync {"cursor":{"part":"users","after":null}}',
    '/v1/outbox/resync {"cursor":{"part":"stream","after":0}}',
  ]);
});
