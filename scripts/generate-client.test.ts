import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CODE_LETTERS, readOperation } from '../packages/client/src/calls/operation.ts';
import { OAUTH_CODES, OPERATIONS, PROBLEM_CODES } from '../packages/client/src/generated/table.ts';
import { CLIENT_NAMES } from './client/names.ts';

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly $ref?: string }>>;
  readonly parameters?: readonly { readonly $ref?: string; readonly in?: string }[];
}

const document = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'docs', 'openapi.json'), 'utf8'),
) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly responses: Readonly<Record<string, { description: string }>> };
};
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
);
const rows = new Map(
  Object.entries(OPERATIONS).flatMap(([group, methods]) =>
    Object.entries(methods).map(([name, row]): [string, string] => [`${group}.${name}`, row]),
  ),
);

test('every operation of the document is a method of the client, and no other', () => {
  const names = described.map(({ operation }) => CLIENT_NAMES[operation.operationId]);
  expect(names.sort()).toEqual([...rows.keys()].sort());
});

test.each(described)('$operation.operationId is as the document says', (each) => {
  const { method, path, operation } = each;
  const row = rows.get(CLIENT_NAMES[operation.operationId] ?? '') ?? '';
  const read = readOperation(row, PROBLEM_CODES, OAUTH_CODES);
  expect(`${read.method} ${read.path}`).toBe(`${method.toUpperCase()} ${path}`);
  const takesKey = operation.parameters?.some(({ $ref }) => $ref?.endsWith('/IdempotencyKey'));
  expect(read.flags.includes('k')).toBe(takesKey === true);
  const hasQuery = operation.parameters?.some((parameter) => parameter.in === 'query') === true;
  expect(read.input === 'q').toBe(hasQuery);
  const codes = Object.values(operation.responses).flatMap(({ $ref = '' }) => {
    const { description = '' } = document.components.responses[$ref.split('/').at(-1) ?? ''] ?? {};
    return [...description.matchAll(/^`(\w+)`:/gm)].map(([, code]) => code ?? '');
  });
  for (const code of codes) expect(read.codes).toContain(code);
});

test('there is a letter for each code', () => {
  expect(PROBLEM_CODES.length).toBeLessThanOrEqual(CODE_LETTERS.length);
  expect(new Set(CODE_LETTERS).size).toBe(CODE_LETTERS.length);
});
