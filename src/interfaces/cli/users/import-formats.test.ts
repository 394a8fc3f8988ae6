import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CliRun, type CliSetting, runCommand } from '../../../../test/support/cli-setting.ts';
import {
  type FakeUserService,
  startFakeUserService,
} from '../../../../test/support/fake-user-service.ts';
import { createTemporaryDirectory } from '../../../../test/support/temp-directory.ts';

let directory: ReturnType<typeof createTemporaryDirectory>;
let service: FakeUserService;

beforeEach(async () => {
  directory = createTemporaryDirectory('cli');
  service = await startFakeUserService({});
});
afterEach(async () => {
  await service.stop();
  await directory.remove();
});

function load(args: readonly string[], setting: CliSetting = {}): Promise<CliRun> {
  return runCommand(['users', 'create', ...args, '--url', service.url], {
    cwd: directory.path,
    ...setting,
  });
}

function write(name: string, content: string | Buffer): string {
  writeFileSync(join(directory.path, name), content);
  return name;
}

const bodies = (): unknown[] => service.requests.map(({ body }) => body);
const ADA = {
  first_name: 'Ada',
  last_name: 'Okafor',
  email: 'ada@example.com',
  password: 'blue otters 417',
};
const CSV = `first_name,last_name,email,phone,password
Ada,Okafor,ada@example.com,,blue otters 417

"O""Neill, jr.","two
lines",b@example.com,+4930123456,blue otters 417
`;
const SECOND = {
  first_name: 'O"Neill, jr.',
  last_name: 'two\nlines',
  email: 'b@example.com',
  phone: '+4930123456',
  password: 'blue otters 417',
};

describe('CSV', () => {
  test.each([
    ['as it is', CSV],
    ['with a byte order mark and CR LF, as spreadsheets write it', `\ufeff${CSV}`],
    ['packed with gzip, whatever its name', gzipSync(CSV)],
  ])('%s gives the people of its rows', async (_name, content) => {
    const run = await load(['--file', write('people', content)]);
    expect(run.code).toBe(0);
    expect(bodies()).toEqual(expect.arrayContaining([ADA, SECOND]));
    expect(run.stdout[0]).toMatch(/^2 created, 0 already there, 0 refused; 5 of 5 lines /);
  });

  test('may be separated by semicolons', async () => {
    const content =
      'email;first_name;last_name;password\r\na@x.example;A, B;"C";blue otters 417\r\n';
    expect(await load(['--file', write('people.csv', content)])).toMatchObject({ code: 0 });
    expect(bodies()).toEqual([
      { email: 'a@x.example', first_name: 'A, B', last_name: 'C', password: 'blue otters 417' },
    ]);
  });

  test('reports each malformed row with its line, and goes on', async () => {
    const rows = ['x"y,b,c', 'a@x.example,A,"', 'b"', 'a,b', '"open'];
    const file = write('p.csv', `email,first_name,last_name\n${rows.join('\n')}\n`);
    const password = 'blue otters 417';
    const args = ['--file', file, '--concurrency', '1', '--password-stdin'];
    const run = await load(args, { stdin: password });
    expect(run.code).toBe(1);
    expect(run.stderr).toEqual([
      'line 2 refused, malformed_csv: has a quote inside a cell that is not quoted',
      'line 5 refused, malformed_csv: has 2 cells, and the header has 3',
      'line 6 refused, malformed_csv: has a quote that is not closed',
    ]);
    expect(bodies()).toEqual([
      { email: 'a@x.example', first_name: 'A', last_name: '\nb', password },
    ]);
  });

  test('a quote that is never closed costs one row, not the rest of the file', async () => {
    const filler = `${'x'.repeat(60)}\n`.repeat(1_075);
    const file = write('p.csv', `email,first_name\n"${filler}${'b@x.example,B\n'.repeat(3)}`);
    const run = await load(['--file', file, '--concurrency', '1']);
    expect(run.stderr[0]).toMatch(/^line 2 refused, line_too_long/);
    expect(service.requests).toHaveLength(3);
  });
});

describe('standard input', () => {
  test('is the file with --file -, and leaves no copy behind', async () => {
    const copies = (): string[] =>
      readdirSync(tmpdir()).filter((n) => n.startsWith('user-service-'));
    const before = copies();
    const run = await load(['--file', '-'], { stdin: gzipSync(`${JSON.stringify(ADA)}\n`) });
    expect(run).toMatchObject({ code: 0 });
    expect(bodies()).toEqual([ADA]);
    expect(copies()).toEqual(before);
    expect(readdirSync(directory.path)).toEqual([]);
  });

  test('that is a terminal is wrong usage', async () => {
    expect(await load(['--file', '-'])).toMatchObject({ code: 2 });
  });
});

describe('--skip-existing', () => {
  test('counts people who are registered already, and succeeds', async () => {
    const file = write('people.ndjson', `${JSON.stringify(ADA)}\n`);
    await load(['--file', file]);
    const again = await load(['--file', file]);
    expect(again.code).toBe(1);
    expect(again.stderr[0]).toContain('email_taken');
    const skipping = await load(['--file', file, '--skip-existing']);
    expect(skipping).toMatchObject({ code: 0, stderr: [] });
    expect(skipping.stdout[0]).toMatch(/^0 created, 1 already there, 0 refused;/);
  });
});

describe('a wrong file', () => {
  const prose = 'This is prose.\n'.repeat(500);

  test('stops after 20 malformed lines in a row with one sentence, and leaves no progress', async () => {
    const run = await load(['--file', write('README.md', prose)]);
    expect(run).toMatchObject({ code: 1, stdout: [] });
    expect(run.stderr).toEqual([
      'error: README.md does not look like NDJSON, or CSV with a column email: line 1 is not JSON.',
    ]);
    expect(readdirSync(directory.path)).toEqual(['README.md']);
  });

  test('with --json is one object', async () => {
    const run = await load(['--file', write('README.md', prose), '--json']);
    expect(JSON.parse(run.stderr.join(''))).toMatchObject({ error: { code: 'wrong_file' } });
    expect(run.stdout).toEqual([]);
  });

  test('that becomes wrong later has its people registered first', async () => {
    const run = await load(['--file', write('p', `${JSON.stringify(ADA)}\n${prose}`)]);
    expect(run.code).toBe(1);
    expect(bodies()).toEqual([ADA]);
    expect(run.stderr.at(-1)).toContain('line 2 is not JSON');
  });

  test('that is cut off gzip says so', async () => {
    const packed = gzipSync(`${JSON.stringify(ADA)}\n`.repeat(50));
    const run = await load(['--file', write('p.gz', packed.subarray(0, -12))]);
    expect(run).toMatchObject({ code: 1, stdout: [] });
    expect(run.stderr).toEqual(['error: The gzip file is damaged or cut off (Z_BUF_ERROR).']);
  });
});
