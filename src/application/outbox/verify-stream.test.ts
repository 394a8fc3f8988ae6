import { describe, expect, test } from 'vitest';
import type { JudgedMessage, MessageVerdict, StreamSlice } from './read-stream-slice.ts';
import { type StreamFinding, verifyStream } from './verify-stream.ts';

const ANN = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const BEN = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e60';

interface Given {
  readonly user?: string;
  readonly version?: number;
  readonly number?: number | null;
  readonly type?: string;
  readonly verdict?: MessageVerdict;
  readonly id?: string;
}

/** Messages in the order of the stream; numbers follow it unless given. */
function messagesOf(given: readonly Given[]): readonly JudgedMessage[] {
  return given.map((message, index) => {
    const { user = ANN, version = 1, type = 'user.updated', verdict = 'known' } = message;
    const { number = index + 1, id = `event-${index + 1}` } = message;
    const event = { id, type, userId: user, userVersion: version, number };
    return { streamSequence: index + 1, verdict, event: verdict === 'foreign' ? null : event };
  });
}

/** Runs a verification over a stream that is read two messages at a time. */
async function verify(given: readonly Given[], more: Partial<StreamSlice> = {}, maxUsers?: number) {
  const messages = messagesOf(given);
  const findings: StreamFinding[] = [];
  const progress: number[] = [];
  const summary = await verifyStream({
    async readSlice(after) {
      const next = after + 2 < messages.length ? after + 2 : null;
      return {
        ...{ stream: { name: 'USERS', firstSequence: 1 }, upTo: messages.length, next },
        ...{ messages: messages.slice(after, after + 2), missing: [], missingBefore: 0 },
        ...{ restored: 0, waiting: 0, ...more },
      };
    },
    onFinding: (finding) => findings.push(finding),
    onProgress: (done) => progress.push(done),
    ...(maxUsers === undefined ? {} : { maxUsers }),
  });
  return { summary, findings: findings.map(({ kind, id }) => [kind, id]), progress };
}

const lives = (...versions: readonly number[]) => versions.map((version) => ({ version }));

describe('a verification', () => {
  test('finds nothing in versions that rise by one, of users that are mixed', async () => {
    const { summary, findings, progress } = await verify([
      { user: ANN, version: 1 },
      { user: BEN, version: 7 },
      { user: ANN, version: 1, type: 'session.started' },
      { user: BEN, version: 8 },
      { user: ANN, version: 2 },
    ]);
    expect(findings).toEqual([]);
    expect(summary).toEqual({
      ...{ stream: 'USERS', messages: 5, findings: 0, unjudged: 0, waiting: 0 },
    });
    expect(progress).toEqual([2, 4, 5]);
  });

  test.each<[string, readonly Given[], Partial<StreamSlice>, unknown]>([
    ['a gap in the versions', lives(1, 2, 4), {}, [['version_gap', 'event-3']]],
    ['a version that comes again', lives(1, 2, 3, 2), {}, [['out_of_order', 'event-4']]],
    [
      'a number that comes behind a higher one',
      [
        { version: 1, number: 9 },
        { version: 1, number: 8, type: 'session.started' },
      ],
      {},
      [['out_of_order', 'event-2']],
    ],
    [
      'an event whose row was deleted, twice',
      [
        { id: 'once', version: 3, number: 9, verdict: 'unjudged' },
        { id: 'once', version: 3, number: 9, verdict: 'unjudged' },
      ],
      {},
      [['twice', 'once']],
    ],
    [
      'a number that another event had',
      [
        { version: 3, number: 9 },
        { version: 3, number: 9 },
      ],
      {},
      [['out_of_order', 'event-2']],
    ],
    [
      'what the database says of a message',
      [
        { version: 1, verdict: 'elsewhere' },
        { version: 2, verdict: 'unknown' },
        { version: 3, verdict: 'foreign' },
      ],
      {},
      [
        ['twice', 'event-1'],
        ['unknown', 'event-2'],
        ['foreign', null],
      ],
    ],
    [
      'published events that the stream lacks',
      lives(1),
      {
        missing: [
          { id: 'lost', type: 'user.updated', userId: ANN, userVersion: 2, streamSequence: 5 },
        ],
        missingBefore: 4,
      },
      [
        ['missing', null],
        ['missing', 'lost'],
      ],
    ],
  ])('finds %s', async (_what, given, more, found) => {
    const { summary, findings } = await verify(given, more);
    expect(findings).toEqual(found);
    expect(summary?.findings).toBe((found as unknown[]).length);
  });

  test('says how many messages cannot be compared, and what waits', async () => {
    const { summary, findings } = await verify(
      [{ version: 4, verdict: 'unjudged' }, { version: 5 }],
      { waiting: 3 },
    );
    expect(findings).toEqual([]);
    expect(summary).toMatchObject({ unjudged: 1, waiting: 3 });
  });

  test('compares no order before the last restore, and takes its jump of versions', async () => {
    const { findings } = await verify(
      [
        { version: 7, number: 3 },
        { version: 6, number: 2 },
        // A change while the resync was running.
        { version: 8, number: 100 },
        { version: 1_000_006, number: 101, type: 'user.restored' },
        { version: 1_000_007, number: 102 },
      ],
      { restored: 100 },
    );
    expect(findings).toEqual([]);
  });

  test('leaves out events that have no order', async () => {
    const { findings } = await verify([
      { version: 2, number: 5 },
      { version: 1, number: 4, type: 'authentication.failed' },
      { version: 1, number: 3, type: 'account.locked' },
    ]);
    expect(findings).toEqual([]);
  });

  test('reads a longer stream several times, and finds each fault once', async () => {
    const faults = [ANN, BEN].flatMap((user) => [
      { user, version: 2 },
      { user, version: 1 },
    ]);
    const { summary, findings, progress } = await verify(faults, {}, 2);
    expect(findings.sort()).toEqual([
      ['out_of_order', 'event-2'],
      ['out_of_order', 'event-4'],
    ]);
    expect(summary).toMatchObject({ messages: 4, findings: 2 });
    expect(progress).toEqual([2, 4, 6, 8]);
  });

  test('of no stream is null', async () => {
    const deps = { readSlice: async () => null, onFinding: () => {} };
    expect(await verifyStream(deps)).toBeNull();
  });
});
