import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { problem } from '../../../../test/support/fake-user-service.ts';
import {
  IMPORT_PASSWORD,
  person,
  useImportSetting,
} from '../../../../test/support/import-setting.ts';

const KEY = `usk_${'k'.repeat(49)}`;

const setting = useImportSetting();
const { start, load, writePeople, progressFile } = setting;

describe('a refusal', () => {
  test('is reported with its line, code and pointer; the import continues and exits 1', async () => {
    await start();
    writePeople(5, (line, number) => {
      if (number === 2) return '{"first_name": "broken';
      if (number === 3) return JSON.stringify({ ...person(3), password: 'short7!' });
      return number === 4 ? JSON.stringify(person(1)) : line;
    });
    const run = await load(['--concurrency', '1']);
    expect(run.code).toBe(1);
    expect(run.stderr).toEqual([
      'line 2 refused, malformed_json: is not JSON',
      'line 3 refused, validation_failed: password: Must have at least 8 characters. (password_too_short)',
      'line 4 refused, email_taken: The email_taken text.',
    ]);
    expect(run.stdout.at(-1)).toContain('2 created, 0 already there, 3 refused');
    expect(existsSync(progressFile())).toBe(false);
  });

  test('is one JSON document a line with --json, and the summary is the last', async () => {
    await start();
    writePeople(3, (line, number) => (number === 2 ? '[1]' : line));
    const run = await load(['--json']);
    expect(run.stdout.map((line) => JSON.parse(line))).toEqual([
      {
        type: 'refused',
        line: 2,
        code: 'malformed_json',
        errors: [],
        message: 'is not a JSON object',
      },
      expect.objectContaining({
        type: 'summary',
        complete: true,
        created: 2,
        refused: 1,
        lines: 3,
      }),
    ]);
  });

  test('covers lines that are too long, not UTF-8, or nested too deeply', async () => {
    await start();
    writeFileSync(
      setting.file,
      Buffer.concat([
        Buffer.from(`${JSON.stringify({ first_name: 'y'.repeat(70_000) })}\n`),
        Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
        Buffer.from(`${'['.repeat(30_000)}${']'.repeat(30_000)}\n`),
        Buffer.from(`${JSON.stringify(person(1))}\n`),
      ]),
    );
    const run = await load();
    expect(run.stderr.map((line) => line.split(':')[0]).sort()).toEqual([
      'line 1 refused, line_too_long',
      'line 2 refused, malformed_json',
      'line 3 refused, malformed_json',
    ]);
    expect(setting.service.users.size).toBe(1);
  });

  test('shows no message that repeats a value, and no control characters', async () => {
    const message = `Not ${IMPORT_PASSWORD}`;
    const errors = [{ pointer: '/password\u001b[2J', code: 'echo', message }];
    await start({ answer: () => problem(422, 'validation_failed', { errors }) });
    writePeople(1);
    const run = await load();
    expect(run.stderr).toEqual(['line 1 refused, validation_failed: password?[2J: echo']);
  });
});

describe('secrets', () => {
  test('are in no output and not in the progress file, however the import ends', async () => {
    await start({
      answer: ({ body }, { users }) => {
        if (users.size > 20) return problem(401, 'unauthenticated', { detail: `Not ${KEY}` });
        return String((body as Record<string, unknown>).email) === 'p3@example.com'
          ? problem(422, 'validation_failed', { detail: JSON.stringify(body) })
          : undefined;
      },
    });
    const keyFile = join(setting.directory, 'key');
    writeFileSync(keyFile, `${KEY}\n`);
    writePeople(40, (line, number) => (number === 5 ? line.slice(0, -3) : line));
    const run = await load(['--key-file', keyFile], { terminal: true });
    expect(run.code).toBe(1);
    expect(setting.service.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    const progress = readFileSync(progressFile(), 'utf8');
    for (const secret of [IMPORT_PASSWORD, 'p3@example.com', 'Number7', 'Ada']) {
      expect(run.output).not.toContain(secret);
      expect(progress).not.toContain(secret);
    }
    expect(progress).not.toContain(KEY);
  });
});

describe('a busy service', () => {
  test('gets the request again after 503 and 429, and every person is registered once', async () => {
    let count = 0;
    await start({
      answer: () => {
        count += 1;
        if (count % 3 === 0)
          return { ...problem(503, 'overloaded'), headers: { 'retry-after': '0' } };
        return count % 5 === 0 ? problem(429, 'rate_limited') : undefined;
      },
    });
    writePeople(60);
    const run = await load();
    expect(run.code).toBe(0);
    expect(run.stdout.at(-1)).toContain('60 created, 0 already there, 0 refused');
  });

  test('that does not recover stops the import, which resumes later', async () => {
    let down = true;
    await start({
      answer: (_request, { users }) =>
        down && users.size >= 10 ? problem(503, 'unavailable') : undefined,
    });
    writePeople(30);
    const run = await load();
    expect(run.code).toBe(1);
    expect(run.stderr.at(-1)).toMatch(
      /^The service does not recover: The unavailable text\. \(unavailable.*\)\. Run the same command again to resume at line \d+\.$/,
    );
    down = false;
    expect((await load()).code).toBe(0);
    expect(setting.service.users.size).toBe(30);
  });

  test('whose response was lost gets the request again, and the person counts as already there', async () => {
    let lost = 0;
    await start({
      answer: ({ body }) => {
        const { email } = body as Record<string, unknown>;
        if (email !== 'p4@example.com' || lost > 0) return undefined;
        lost += 1;
        return { status: 0, afterDoing: true, hangUp: true };
      },
    });
    writePeople(8);
    const run = await load();
    expect(run.code).toBe(0);
    expect(run.stdout.at(-1)).toContain('7 created, 1 already there, 0 refused');
  });

  test('that fails on one line only (500) has that line refused after some attempts', async () => {
    await start({
      answer: ({ body }) =>
        (body as Record<string, unknown>).email === 'p2@example.com'
          ? problem(500, 'internal_error')
          : undefined,
    });
    writePeople(4);
    const run = await load();
    expect(run.stderr).toEqual([
      'line 2 refused, internal_error: The internal_error text. (request req-1)',
    ]);
    expect(setting.service.users.size).toBe(3);
    expect(setting.service.requests).toHaveLength(6);
  });

  test('that fails on every line stops the import', async () => {
    await start({ answer: () => problem(500, 'internal_error') });
    writePeople(100);
    const run = await load();
    expect(run.code).toBe(1);
    expect(run.stderr.at(-1)).toContain(
      'The service does not recover: The internal_error text. (internal_error',
    );
    expect(run.stderr.length).toBeLessThan(20);
  });
});
