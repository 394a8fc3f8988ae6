import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kindOf, POLICY_NAMES } from '../../../src/application/limits/policies.ts';
import { limitKeys } from '../../../src/config/keys-limits.ts';

const page = readFileSync(new URL('../../../docs/run-it/limits.md', import.meta.url), 'utf8');

/** Cells of the rows of the table of policies. */
function readTable(): readonly (readonly string[])[] {
  const start = page.indexOf('| policy in `limits.*`');
  const [, , ...rows] = page.slice(start, page.indexOf('\n\n', start)).split('\n');
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const defaultOf = (key: string): number => {
  const definition = (limitKeys as Readonly<Record<string, { readonly fallback?: unknown }>>)[key];
  return Number(definition?.fallback);
};

test('the table of policies has the defaults of the configuration', () => {
  const units: Readonly<Record<number, string>> = { 60000: '1m', 3600000: '1h' };
  const number = (value: number): string => value.toLocaleString('en-US');
  const expected = POLICY_NAMES.map((name) => {
    const shown = kindOf(name).publicName;
    return [
      `\`${name}\``,
      `${number(defaultOf(`limits.${name}.rate`))} in ${units[defaultOf(`limits.${name}.per`)]}`,
      number(defaultOf(`limits.${name}.burst`)),
      shown === undefined ? 'not shown' : `\`${shown}\``,
    ];
  });
  const written = readTable().map(([policy, , rate, burst, shown]) => [policy, rate, burst, shown]);
  expect(written).toEqual(expected);
});
