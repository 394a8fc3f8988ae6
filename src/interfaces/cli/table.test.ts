import { expect, test } from 'vitest';
import { createTableWriter } from './table.ts';
import { displayWidth } from './text.ts';

const ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';

function write(
  tableColumns: number | undefined,
  options: { wide?: boolean } = {},
): readonly string[] {
  const lines: string[] = [];
  const io = { stdout: (line: string) => void lines.push(line), tableColumns };
  const table = createTableWriter(['ID', 'NAME', 'E-MAIL', 'STATUS'], io, options);
  table.write([[ID, 'Ada Okafor', `${'a'.repeat(100)}@example.com`, 'active']]);
  table.write([[ID, '山田 太郎'.repeat(10), 'b@example.com', 'disabled']]);
  return lines;
}

test('a table fits the terminal: long cells end with an ellipsis, ids are whole', () => {
  const lines = write(80);
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  expect(lines[1]).toMatch(new RegExp(`^${ID}  Ada Okafor  a+…  active$`));
  expect(lines[2]).toMatch(new RegExp(`^${ID}  山田 太郎…\\s+b@example\\.com`));
});

test('a terminal that is narrower than its columns gets cut lines', () => {
  for (const line of write(40)) expect(displayWidth(line)).toBeLessThanOrEqual(40);
});

test.each([
  ['without a terminal', undefined, {}],
  ['with --wide', 80, { wide: true }],
])('nothing is cut %s', (_name, columns, options) => {
  expect(write(columns, options).join('\n')).not.toContain('…');
});
