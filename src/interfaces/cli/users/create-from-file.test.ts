import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../../../test/support/cli-setting.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { problem } from '../../../../test/support/fake-user-service.ts';
import { findFreePort } from '../../../../test/support/free-port.ts';
import {
  IMPORT_PASSWORD,
  person,
  useImportSetting,
} from '../../../../test/support/import-setting.ts';

const setting = useImportSetting();
const { start, load, writePeople, progressFile, readProgress } = setting;

describe('an import of a file', () => {
  test('registers every person, reports the counts, and leaves no progress file', async () => {
    await start();
    writePeople(50);
    const run = await load();
    expect(run.code).toBe(0);
    expect(setting.service.users.size).toBe(50);
    expect(run.stdout.at(-1)).toMatch(
      /^50 created, 0 already there, 0 refused; 50 of 50 lines in \d+\.\d s, [\d.]+ per second$/,
    );
    expect(existsSync(progressFile())).toBe(false);
  });

  test('goes over a Unix socket when no URL is given', async () => {
    const socketPath = join(setting.directory, 'control.sock');
    await start({ socketPath });
    writePeople(5);
    const run = await runCommand(['users', 'create', '--file', setting.file], { socketPath });
    expect(run.code).toBe(0);
    expect(setting.service.users.size).toBe(5);
  });

  test('sends at most --concurrency requests at once', async () => {
    await start({
      async answer(_request, running) {
        // The first requests wait for each other.
        if (running.users.size > 0) return undefined;
        return eventually(() => void expect(running.maxAtOnce()).toBeGreaterThanOrEqual(3));
      },
    });
    writePeople(60);
    expect((await load(['--concurrency', '3'])).code).toBe(0);
    expect(setting.service.maxAtOnce()).toBe(3);
  });

  test('accepts a byte order mark, carriage returns, blank lines and a last line without line break', async () => {
    await start();
    const lines = [1, 2, 3].map((number) => JSON.stringify(person(number)));
    writeFileSync(setting.file, `\ufeff${lines[0]}\r\n\r\n  \n${lines[1]}\r\n${lines[2]}`);
    const run = await load();
    expect(run.code).toBe(0);
    expect(setting.service.users.size).toBe(3);
    expect(run.stdout.at(-1)).toContain('3 created, 0 already there, 0 refused; 5 of 5 lines');
  });

  test('succeeds with an empty file', async () => {
    await start();
    writeFileSync(setting.file, '');
    expect((await load()).code).toBe(0);
    expect(setting.service.requests).toEqual([]);
  });

  test('uses the password from standard input for lines without one', async () => {
    await start();
    const { password: _password, ...lacking } = person(1);
    writeFileSync(setting.file, `${JSON.stringify(lacking)}\n${JSON.stringify(person(2))}\n`);
    const run = await load(['--password-stdin'], { stdin: 'another-secret-9\n' });
    expect(run.code).toBe(0);
    const sent = setting.service.requests.map(
      ({ body }) => (body as Record<string, unknown>).password,
    );
    expect(sent.sort()).toEqual(['another-secret-9', IMPORT_PASSWORD]);
    expect(run.output).not.toContain('another-secret-9');
  });

  test('uses constant memory: the same after 20,000 and after 100,000 lines', {
    timeout: 120_000,
  }, async () => {
    // Memory in use: garbage that waits for collection varies.
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const inUse = new Map<number, number>();
    let created = 0;
    const client = {
      describe: () => 'a counter',
      fetch: async () => {
        created += 1;
        if (created % 20_000 === 0) {
          collect();
          const { heapUsed, external } = process.memoryUsage();
          inUse.set(created, heapUsed + external);
        }
        return Response.json({}, { status: 201 });
      },
      close: async () => {},
    };
    await start();
    const line = JSON.stringify({ padding: 'x'.repeat(500) });
    writeFileSync(setting.file, '');
    for (let part = 0; part < 100; part++) {
      writeFileSync(setting.file, `${line}\n`.repeat(1_000), { flag: 'a' });
    }
    const run = await runCommand(['users', 'create', '--file', setting.file], {
      openOperator: async () => client,
    });
    expect(run.stdout.at(-1)).toContain('100000 created');
    const growth = (inUse.get(100_000) ?? Number.NaN) - (inUse.get(20_000) ?? Number.NaN);
    // The 80,000 lines in between have 41 MB.
    expect(growth).toBeLessThan(8 * 1024 * 1024);
  });

  test('never sends a line that the progress file does not cover', async () => {
    await start();
    writePeople(5_000);
    let sent = 0;
    const client = {
      describe: () => 'a slow service',
      async fetch(_url: string, { body }: RequestInit) {
        sent += 1;
        if (JSON.parse(String(body)).email === 'p1@example.com') {
          await eventually(() => expect(readProgress().done_ranges).toEqual([[2, 2_000]]));
          expect(sent).toBe(2_000);
        }
        return Response.json({}, { status: 201 });
      },
      close: async () => {},
    };
    const run = await runCommand(['users', 'create', '--file', setting.file], {
      openOperator: async () => client,
    });
    expect(run.stdout.at(-1)).toContain('5000 created');
  });
});

describe('an import that cannot start', () => {
  test('names a missing file, a directory, and a progress file that it cannot write', async () => {
    await start();
    expect((await load()).stderr.join()).toContain('(ENOENT)');
    writePeople(1);
    const missing = join(setting.directory, 'missing', 'progress');
    const run = await load(['--progress-file', missing]);
    expect(run.code).toBe(1);
    expect(run.stderr.join()).toMatch(/Cannot write the progress file .*--progress-file FILE/);
    expect(setting.service.requests).toEqual([]);
    setting.file = setting.directory;
    expect((await load()).stderr.join()).toContain('is not a regular file');
  });

  test('stops at once for a rejected key, and for a URL that is not of a service', async () => {
    await start({ answer: () => problem(403, 'forbidden') });
    writePeople(50);
    const run = await load(['--concurrency', '2']);
    expect(run.code).toBe(1);
    expect(run.stderr.at(-1)).toContain(
      'The service rejects the key: The forbidden text. (forbidden',
    );
    expect(setting.service.requests.length).toBeLessThanOrEqual(2);
    await setting.service.stop();
    await start({
      answer: () => ({ status: 302, body: 'moved', headers: { location: 'http://elsewhere' } }),
    });
    const stranger = await load();
    expect(stranger.stderr.at(-1)).toContain(
      'The response is not from a user service: HTTP status 302 (http_302',
    );
  });
});

test('a mistyped target leaves no progress file that would block the right one', async () => {
  await start();
  writePeople(3);
  const port = await findFreePort();
  const wrong = await runCommand([
    'users',
    'create',
    '--file',
    setting.file,
    '--url',
    `http://127.0.0.1:${port}`,
  ]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr.at(-1)).toMatch(/nothing listens there.* Run the same command again\.$/);
  expect(existsSync(progressFile())).toBe(false);
  expect((await load()).code).toBe(0);
});

describe('progress', () => {
  test('is a bar on a terminal, which refusals do not break', async () => {
    await start();
    writePeople(30, (line, number) => (number === 3 ? 'broken' : line));
    const run = await load([], { terminal: true });
    expect(run.output).toContain('line 3 refused, malformed_json');
    expect(run.output).toMatch(/100%\s+30\/30\s+[\d.]+\/s\s+0 s left\s+1 refused/);
    expect(run.stdout).toHaveLength(1);
  });
});
