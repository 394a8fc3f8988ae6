import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AnswerRecord, AnswerRecords } from '../../domain/idempotency/idempotent-request.ts';
import { createAnswerSeals } from '../../infrastructure/security/answer-seals.ts';
import { createMasterKeys } from '../../infrastructure/security/master-key.ts';
import type { Caller } from '../access/caller.ts';
import { createAnswerOnce, MAX_ANSWER_BYTES } from './answer-once.ts';

const TTL_MS = 60_000;
const caller: Caller = {
  ...{ principal: { kind: 'operator' }, requestId: 'first', ip: null, userAgent: null },
};
const NONE = { replayed: 0, in_progress: 0, reused: 0, not_kept: 0 };

/** Answers in memory, for use cases that change nothing. */
function createRecords(): AnswerRecords {
  const records = new Map<string, AnswerRecord>();
  const nameOf = (keyHash: Uint8Array): string => Buffer.from(keyHash).toString('hex');
  return {
    find: async ({ keyHash }) => records.get(nameOf(keyHash)) ?? null,
    async insert({ keyHash }, record) {
      if (records.has(nameOf(keyHash))) return false;
      records.set(nameOf(keyHash), record);
      return true;
    },
    deleteExpired: async () => 0,
  };
}

function create() {
  const answerSeals = createAnswerSeals({ masterKeys: createMasterKeys(randomBytes(32)) });
  const { answerOnce, totals } = createAnswerOnce({
    ...{ answerRecords: createRecords(), answerSeals, idempotencyTtlMs: TTL_MS },
  });
  let executions = 0;
  const request = { key: randomUUID(), content: 'one' };
  const send = (body: string, sent = request) =>
    answerOnce(caller, sent, async () => {
      executions += 1;
      return { status: 201, headers: {}, body };
    });
  return { request, send, totals, executions: () => executions };
}

describe('an answer', () => {
  test('of the largest size is kept and replayed', async () => {
    const { send, totals, executions } = create();
    const room =
      MAX_ANSWER_BYTES -
      JSON.stringify({ ...(await create().send('')).answer, requestId: 'first' }).length;
    const first = await send('x'.repeat(room));
    const second = await send('another');
    expect(second).toEqual({ answer: first.answer, originalRequestId: 'first' });
    expect(executions()).toBe(1);
    expect(totals()).toEqual({ ...NONE, replayed: 1 });
  });

  test('that is longer is given once; a repetition is refused and has no second effect', async () => {
    const { send, totals, executions } = create();
    const first = await send('x'.repeat(MAX_ANSWER_BYTES));
    expect(first.answer.body).toHaveLength(MAX_ANSWER_BYTES);
    for (let repeated = 1; repeated <= 2; repeated += 1) {
      await expect(send('another')).rejects.toMatchObject({ code: 'idempotency_answer_not_kept' });
      expect(totals()).toEqual({ ...NONE, not_kept: repeated });
    }
    expect(executions()).toBe(1);
  });

  test('of another request with the same key is counted as reused', async () => {
    const { request, send, totals } = create();
    await send('one');
    const other = send('other', { ...request, content: 'two' });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(totals()).toEqual({ ...NONE, reused: 1 });
  });
});
