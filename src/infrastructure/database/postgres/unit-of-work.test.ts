import { expect, test } from 'vitest';
import { testMailSeal } from '../../../../test/support/mail-seal.ts';
import { DomainError, type DomainErrorCode } from '../../../domain/errors.ts';
import type { DomainEvent } from '../../../domain/events.ts';
import { createPinoLogger } from '../../logging/pino-logger.ts';
import type { Database, SqlConnection } from '../sql.ts';
import { createUnitOfWork } from './unit-of-work.ts';

const EVENT: DomainEvent = {
  type: 'session.ended',
  userId: 'ann',
  userVersion: 1,
  data: { session_id: 's', reason: 'user_deleted' },
};

/** Runs one transaction with two events whose commit ends with this error. */
async function runUntil(code: DomainErrorCode) {
  const calls: string[][] = [];
  const lines: string[] = [];
  const connection = { query: async () => ({ rows: [], rowCount: 2 }) } as unknown as SqlConnection;
  const unitOfWork = createUnitOfWork({
    database: {
      async transaction(work: (connection: SqlConnection) => Promise<unknown>) {
        await work(connection);
        throw new DomainError(code, 'made up');
      },
    } as unknown as Database,
    ids: { next: () => 'id' },
    clock: { now: () => new Date(0) },
    logger: createPinoLogger({
      level: 'info',
      format: 'json',
      destination: { write: (line: string) => lines.push(line) },
    }),
    mailSeal: testMailSeal,
    onCommitted: async () => void calls.push(['committed']),
    async onUnknownOutcome(events) {
      calls.push(events.map(({ event }) => `unknown ${event.type}`));
      throw new Error('broken');
    },
  });
  const run = unitOfWork.run({ requestId: 'r' }, ({ outbox }) => outbox.append([EVENT, EVENT]));
  await expect(run).rejects.toMatchObject({ code });
  return { calls, lines };
}

test('a commit of unknown outcome hands its events on once, and stays the caller’s error', async () => {
  const { calls, lines } = await runUntil('outcome_unknown');
  expect(calls).toEqual([['unknown session.ended', 'unknown session.ended']]);
  expect(lines).toHaveLength(1);
});

test('a commit that certainly failed hands nothing on', async () => {
  expect((await runUntil('unavailable')).calls).toEqual([]);
});
