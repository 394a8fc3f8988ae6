import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadMigrations, parseMigrations } from './files.ts';
import { createMigrationFiles } from './scaffold.ts';

const up = (sql = 'select 1;', headers = ''): string =>
  `-- Why.\n${headers}-- compatible_from: 1\n${sql}\n`;
const pair = (stem: string, texts: { up?: string; down?: string } = {}) => [
  { name: `${stem}.up.sql`, text: texts.up ?? up() },
  { name: `${stem}.down.sql`, text: texts.down ?? 'select 1;\n' },
];

describe('parseMigrations', () => {
  test('orders pairs by number and reads their headers', () => {
    const migrations = parseMigrations([
      ...pair('000002_second', {
        up: up(
          'create index concurrently a on b (c);\n-- step\nselect 2;',
          '-- transaction: none\n',
        ),
        down: '-- loses_data: everything\ndrop table b;',
      }),
      ...pair('000001_first'),
    ]);
    expect(migrations.map(({ version, name }) => [version, name])).toEqual([
      [1, 'first'],
      [2, 'second'],
    ]);
    expect(migrations[0]?.up).toMatchObject({ transactional: true });
    expect(migrations[0]?.down).not.toHaveProperty('losesData');
    expect(migrations[1]?.up.transactional).toBe(false);
    expect(migrations[1]?.up.steps).toHaveLength(2);
    expect(migrations[1]?.up.steps[1]).toBe('select 2;');
    expect(migrations[1]?.down.losesData).toBe('everything');
  });

  test('a checksum depends on the up file, but not on its line ends', () => {
    const checksum = (text: string) => parseMigrations(pair('000001_a', { up: text }))[0]?.checksum;
    expect(checksum(up())).toMatch(/^[0-9a-f]{64}$/);
    expect(checksum(up().replaceAll('\n', '\r\n'))).toBe(checksum(up()));
    expect(checksum(up('select 2;'))).not.toBe(checksum(up()));
  });

  test.each([
    ['a gap', [...pair('000001_a'), ...pair('000003_c')], /000003_c is not number 2/],
    ['a duplicate', [...pair('000001_a'), ...pair('000001_b')], /no duplicate/],
    ['a missing down file', pair('000001_a').slice(0, 1), /000001_a has no down file/],
    ['a malformed name', [{ name: '1_a.up.sql', text: up() }], /1_a\.up\.sql is not named/],
    ['no compatible_from', pair('000001_a', { up: 'select 1;' }), /compatible_from: N/],
    [
      'a compatible_from beyond itself',
      pair('000001_a', { up: '-- compatible_from: 2\nselect 1;' }),
      /1 <= N <= 1/,
    ],
    [
      'a header below a statement',
      pair('000001_a', { up: 'select 1;\n-- compatible_from: 1' }),
      /compatible_from/,
    ],
    [
      'steps in a transaction',
      pair('000001_a', { up: up('select 1;\n-- step\nselect 2;') }),
      /which need/,
    ],
    [
      'an empty step',
      pair('000001_a', { up: up('select 1;\n-- step\n-- nothing', '-- transaction: none\n') }),
      /without a statement/,
    ],
    [
      'an unknown transaction mode',
      pair('000001_a', { up: up('select 1;', '-- transaction: some\n') }),
      /transaction: none/,
    ],
  ])('rejects %s', (_, files, message) => {
    expect(() => parseMigrations(files)).toThrow(message);
  });
});

describe('createMigrationFiles', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'us-migrations-'));
    for (const { name, text } of pair('000001_first')) await writeFile(join(directory, name), text);
  });
  afterEach(() => rm(directory, { recursive: true }));
  const url = (): URL => pathToFileURL(`${directory}/`);

  test('creates the next pair, which loads only after it is filled in', async () => {
    const files = await createMigrationFiles(url(), 'add_nickname');
    expect(files).toEqual([
      join(directory, '000002_add_nickname.up.sql'),
      join(directory, '000002_add_nickname.down.sql'),
    ]);
    await expect(loadMigrations(url())).rejects.toThrow(/000002_add_nickname/);
    for (const [index, file] of files.entries()) {
      const text = (await readFile(file, 'utf8')).replace(
        /compatible_from: N.*/,
        'compatible_from: 1',
      );
      await writeFile(file, `${text}select ${index};\n`);
    }
    expect(await loadMigrations(url())).toHaveLength(2);
  });

  test.each(['Add', 'add-nickname', '', '../evil', '1st'])('rejects the name %j', async (name) => {
    await expect(createMigrationFiles(url(), name)).rejects.toMatchObject({ code: 'target' });
  });

  test('names the source tree when there is none', async () => {
    await expect(createMigrationFiles(new URL('missing/', url()), 'a')).rejects.toThrow(
      /source tree/,
    );
  });
});
