import { describe, expect, test } from 'vitest';
import { PreparedQuery, type StatementSource } from './prepared-query.ts';
import type { SqlConnection } from './sql.ts';

const scalar = { type: 'scalar' };

function source(statement: string, names: readonly string[]): StatementSource {
  const params = names.map((name) => ({
    name,
    required: true,
    transform: scalar,
    locs: [...statement.matchAll(new RegExp(`:${name}!?(?!\\w)`, 'g'))].map((match) => ({
      a: match.index,
      b: match.index + match[0].length - 1,
    })),
  }));
  return { usedParamSet: Object.fromEntries(names.map((name) => [name, true])), params, statement };
}

describe('PreparedQuery', () => {
  test('gives a parameter the same number at each place of its name', () => {
    const query = new PreparedQuery(
      source('select :id!::uuid, :id!, :other where a = :idea', ['id', 'other', 'idea']),
    );
    expect(query.text).toBe('select $1::uuid, $1, $2 where a = $3');
  });

  test('counts offsets in UTF-16 units, as the generator does', () => {
    const query = new PreparedQuery(source("select '\u{1F600}', :id", ['id']));
    expect(query.text).toBe("select '\u{1F600}', $1");
  });

  test('removes the generator’s marks from column names', () => {
    const query = new PreparedQuery(source('select 1 as "one!", 2 as "two?"', []));
    expect(query.text).toBe('select 1 as "one", 2 as "two"');
  });

  test('passes values by name, and the statement’s name only when it is prepared', async () => {
    const calls: unknown[] = [];
    const connection: SqlConnection = {
      async query(text, values, name) {
        calls.push([text, values, name]);
        return { rows: [], rowCount: 3 };
      },
    };
    const query = new PreparedQuery<{ a: number; b?: string }, unknown>(
      source('update t set b = :b where a = :a', ['b', 'a']),
    );
    await query.run({ a: 1, b: 'x' }, connection);
    await query.runUnprepared({ a: 1 }, connection);
    expect(await query.runForCount({ a: 2 }, connection)).toBe(3);
    expect(calls).toEqual([
      [query.text, ['x', 1], query.name],
      [query.text, [undefined, 1], undefined],
      [query.text, [undefined, 2], query.name],
    ]);
  });

  test('gives equal texts one name, and different texts different names', () => {
    const name = (statement: string) => new PreparedQuery(source(statement, [])).name;
    expect(name('select 1')).toBe(name('select 1'));
    expect(name('select 1')).not.toBe(name('select 2'));
    // PostgreSQL truncates names at 63 bytes.
    expect(name('select 1').length).toBeLessThan(60);
  });

  test('rejects a parameter whose value would change the text', () => {
    const spread = source('select :ids', ['ids']);
    const params = spread.params.map((parameter) => ({
      ...parameter,
      transform: { type: 'array_spread' },
    }));
    expect(() => new PreparedQuery({ ...spread, params })).toThrow('must be scalar');
  });
});
