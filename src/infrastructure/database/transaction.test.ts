import { expect, test } from 'vitest';
import type { RequestDeadline } from '../../domain/ports.ts';
import type { SqlConnection, TransactionWork } from './sql.ts';
import { type Frame, runTransaction, type SqlStatement } from './transaction.ts';

/** A session that records what is sent; the statement `failing` fails. */
function createSession(failing?: string) {
  const sent: string[] = [];
  return {
    sent,
    async query<Row>({ text }: SqlStatement, { begin, commit }: Frame) {
      sent.push([...(begin ? ['begin'] : []), text, ...(commit ? ['commit'] : [])].join('+'));
      if (text === failing) throw new Error(`${text} failed`);
      return { rows: [] as Row[], rowCount: 0 };
    },
    isBroken: () => false,
    commit: async () => void sent.push('commit'),
    rollBack: async () => void sent.push('rollback'),
  };
}

/** A time that is over once `calls` of `isOver` and `beginCommit` were made. */
function deadlineAfter(calls: number): RequestDeadline {
  let asked = 0;
  const isOver = () => {
    asked += 1;
    return asked > calls;
  };
  return { isOver, isAbandoned: isOver, beginCommit: () => !isOver() };
}

const twoStatements = async (connection: SqlConnection) => {
  await connection.query('one');
  await connection.query('two');
  return 'done';
};
const twoThatCommit = async (connection: SqlConnection, commitWithNext: () => void) => {
  await connection.query('one');
  commitWithNext();
  await connection.query('two');
  return 'done';
};
const oneThatCommits = async (connection: SqlConnection, commitWithNext: () => void) => {
  commitWithNext();
  await connection.query('one');
  return 'done';
};

async function run(work: TransactionWork<string>, calls: number) {
  const session = createSession();
  const outcome = await runTransaction(session, work, deadlineAfter(calls)).catch(
    (error: unknown) => (error as { code: string }).code,
  );
  return [outcome, session.sent.join(' ')];
}

test('a transaction sends nothing but a rollback after its deadline, and never commits then', async () => {
  const outcomes = (work: TransactionWork<string>) =>
    Promise.all([0, 1, 2, 3, 4].map((calls) => run(work, calls)));
  expect(await outcomes(twoStatements)).toEqual([
    ['unavailable', ''],
    ['unavailable', ''],
    ['unavailable', 'begin+one rollback'],
    ['unavailable', 'begin+one two rollback'],
    ['done', 'begin+one two commit'],
  ]);
  expect(await outcomes(twoThatCommit)).toEqual([
    ['unavailable', ''],
    ['unavailable', ''],
    ['unavailable', 'begin+one rollback'],
    ['unavailable', 'begin+one rollback'],
    ['done', 'begin+one two+commit'],
  ]);
  expect((await outcomes(oneThatCommits)).slice(1, 4)).toEqual([
    ['unavailable', ''],
    ['unavailable', ''],
    ['done', 'begin+one+commit'],
  ]);
});

test('a transaction without a statement sends nothing', async () => {
  const session = createSession();
  expect(await runTransaction(session, async () => 'done')).toBe('done');
  expect(session.sent).toEqual([]);
});

test('a statement after the one that commits is rejected, and rolls nothing back', async () => {
  const session = createSession();
  const work: TransactionWork<unknown> = async (connection, commitWithNext) => {
    commitWithNext();
    await connection.query('one');
    await connection.query('two');
  };
  await expect(runTransaction(session, work)).rejects.toThrow('after the end');
  expect(session.sent).toEqual(['begin+one+commit']);
});

test('a statement that fails with its commit is rolled back, unless it was the whole transaction', async () => {
  const session = createSession('two');
  await expect(runTransaction(session, twoThatCommit)).rejects.toThrow('two failed');
  expect(session.sent).toEqual(['begin+one', 'two+commit', 'rollback']);
  const alone = createSession('one');
  await expect(runTransaction(alone, oneThatCommits)).rejects.toThrow('one failed');
  expect(alone.sent).toEqual(['begin+one+commit']);
});
