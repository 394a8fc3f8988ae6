import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isChange } from './statement-kind.ts';

const CHANGES_ROWS =
  /\b(?:insert\s+into|delete\s+from|update\s+\w+\s+(?:as\s+\w+\s+)?set|for\s+update)\b/i;

/** Name and body of each function of the schema that a statement can call. */
function readFunctions(): Map<string, string> {
  const schema = readFileSync(new URL('../../../../test/schema.sql', import.meta.url), 'utf8');
  const functions = schema.matchAll(
    /CREATE FUNCTION (?:public\.)?(\w+)\([\s\S]*?\) RETURNS ([^\n]*)\n[\s\S]*?AS \$(\w*)\$([\s\S]*?)\$\3\$;/g,
  );
  const bodies = [...functions].map(([, name, result, , body]) => ({ name, result, body }));
  return new Map(
    bodies.flatMap(({ name, result, body }) =>
      result === 'trigger' ? [] : [[name ?? '', body ?? ''] as const],
    ),
  );
}

/** Functions that change rows, themselves or by a function that they call. */
function findChangingFunctions(functions: ReadonlyMap<string, string>): string[] {
  const changing = new Set<string>();
  const calls = (body: string) => [...changing].some((name) => body.includes(`${name}(`));
  for (let before = -1; before !== changing.size; ) {
    before = changing.size;
    for (const [name, body] of functions) {
      if (CHANGES_ROWS.test(body) || calls(body)) changing.add(name);
    }
  }
  return [...changing].sort();
}

function readStatements(): string[] {
  const folder = new URL('queries/', import.meta.url);
  return readdirSync(folder).flatMap((name) =>
    readFileSync(new URL(name, folder), 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\//g, '')
      .split(';'),
  );
}

test('a statement that calls a function which changes rows is a change', () => {
  const changing = findChangingFunctions(readFunctions());
  const callers = readStatements().filter((statement) =>
    changing.some((name) => statement.includes(`${name}(`)),
  );
  expect(changing).toContain('number_events');
  expect(callers.length).toBeGreaterThanOrEqual(4);
  expect(callers.filter((statement) => !isChange(statement))).toEqual([]);
});

test.each([
  ['select * from users where id = $1', false],
  ['select id from users where id = $1 for update skip locked', true],
  ['select id from users for no key update', true],
  ['select substring(first_name from 1 for 3) from users', false],
  ['insert into users (id) values ($1)', true],
  ['update users as u set version = 2', true],
  ['with gone as (delete from outbox returning id) select count(*) from gone', true],
  ['select numbered from number_events($1::integer)', true],
])('%s', (statement, changes) => {
  expect(isChange(statement)).toBe(changes);
});
