import { expect, test } from 'vitest';
import type { RequestDeadline } from '../../domain/ports.ts';
import { runTransaction } from './transaction.ts';

/** Runs two statements; the time is over once `calls` of `isOver` and `beginCommit` were asked. */
async function run(calls: number) {
  const sent: string[] = [];
  let asked = 0;
  const isOver = () => {
    asked += 1;
    return asked > calls;
  };
  const deadline: RequestDeadline = {
    isOver,
    isAbandoned: isOver,
    beginCommit: () => !isOver(),
  };
  const session = {
    connection: {
      async query(text: string) {
        sent.push(text);
        return { rows: [], rowCount: 0 };
      },
    },
    isBroken: () => false,
    async command(statement: string) {
      sent.push(statement);
      return statement.toUpperCase();
    },
  };
  const outcome = await runTransaction(
    session,
    async (connection) => {
      await connection.query('one');
      await connection.query('two');
      return 'done';
    },
    deadline,
  ).catch((error: unknown) => (error as { code: string }).code);
  return [outcome, sent.join(' ')];
}

test('a transaction sends nothing but a rollback after its deadline, and never commits then', async () => {
  expect(await Promise.all([0, 1, 2, 3, 4].map(run))).toEqual([
    ['unavailable', ''],
    ['unavailable', 'begin rollback'],
    ['unavailable', 'begin one rollback'],
    ['unavailable', 'begin one two rollback'],
    ['done', 'begin one two commit'],
  ]);
});
