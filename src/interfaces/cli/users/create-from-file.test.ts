import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CliRun, type CliSetting, runCommand } from '../../../../test/support/cli-setting.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import {
  type FakeOptions,
  type FakeUserService,
  problem,
  startFakeUserService,
} from '../../../../test/support/fake-user-service.ts';
import { findFreePort } from '../../../../test/support/free-port.ts';
import { createTemporaryDirectory } from '../../../../test/support/temp-directory.ts';

const PASSWORD = 'canary-password-417';
const KEY = `usk_${'k'.repeat(49)}`;

let directory: ReturnType<typeof createTemporaryDirectory>;
let file: string;
let service: FakeUserService;
let beforeAnswer: ((service: FakeUserService) => void) | undefined;

beforeEach(() => {
  directory = createTemporaryDirectory('cli');
  file = join(directory.path, 'people.ndjson');
});
afterEach(async () => {
  await service?.stop();
  await directory.remove();
});

function person(number: number): Record<string, unknown> {
  return {
    first_name: 'Ada',
    last_name: `Number${number}`,
    email: `p${number}@example.com`,
    password: PASSWORD,
  };
}

function writePeople(
  count: number,
  change: (line: string, number: number) => string = (line) => line,
): void {
  const lines = Array.from({ length: count }, (_, index) =>
    change(JSON.stringify(person(index + 1)), index + 1),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
}

async function start(options: FakeOptions = {}): Promise<void> {
  service = await startFakeUserService({
    ...options,
    answer(request, running) {
      beforeAnswer?.(running);
      return options.answer?.(request, running);
    },
  });
}

function load(args: readonly string[] = [], setting: CliSetting = {}): Promise<CliRun> {
  return runCommand(['users', 'create', '--file', file, '--url', service.url, ...args], setting);
}

const progressFile = (): string => `${file}.progress`;
const readProgress = (): Record<string, unknown> =>
  JSON.parse(readFileSync(progressFile(), 'utf8'));

/** Writes the progress file that a run leaves when it is killed between two writes. */
function leaveProgress(change: Record<string, unknown> = {}): void {
  const progress = {
    format: 1,
    sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
    target: service.url,
    next_line: 1,
    done_ranges: [],
    sent_up_to: 1_000,
    created: 0,
    already_there: 0,
    refused: 0,
    ...change,
  };
  writeFileSync(progressFile(), JSON.stringify(progress));
}

/** Interrupts an import when the service has registered this many people. */
async function interruptedAfter(count: number, args: readonly string[] = []): Promise<CliRun> {
  const controller = new AbortController();
  beforeAnswer = ({ users }) => {
    if (users.size >= count) controller.abort();
  };
  const run = await load(args, { signal: controller.signal });
  beforeAnswer = undefined;
  return run;
}

describe('an import of a file', () => {
  test('registers every person, reports the counts, and leaves no progress file', async () => {
    await start();
    writePeople(50);
    const run = await load();
    expect(run.code).toBe(0);
    expect(service.users.size).toBe(50);
    expect(run.stdout.at(-1)).toMatch(
      /^50 created, 0 already there, 0 refused; 50 of 50 lines in \d+\.\d s, [\d.]+ per second$/,
    );
    expect(existsSync(progressFile())).toBe(false);
  });

  test('goes over a Unix socket when no URL is given', async () => {
    const socketPath = join(directory.path, 'control.sock');
    await start({ socketPath });
    writePeople(5);
    const run = await runCommand(['users', 'create', '--file', file], { socketPath });
    expect(run.code).toBe(0);
    expect(service.users.size).toBe(5);
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
    expect(service.maxAtOnce()).toBe(3);
  });

  test('accepts a byte order mark, carriage returns, blank lines and a last line without line break', async () => {
    await start();
    const lines = [1, 2, 3].map((number) => JSON.stringify(person(number)));
    writeFileSync(file, `\ufeff${lines[0]}\r\n\r\n  \n${lines[1]}\r\n${lines[2]}`);
    const run = await load();
    expect(run.code).toBe(0);
    expect(service.users.size).toBe(3);
    expect(run.stdout.at(-1)).toContain('3 created, 0 already there, 0 refused; 5 of 5 lines');
  });

  test('succeeds with an empty file', async () => {
    await start();
    writeFileSync(file, '');
    expect((await load()).code).toBe(0);
    expect(service.requests).toEqual([]);
  });

  test('uses the password from standard input for lines without one', async () => {
    await start();
    const { password: _password, ...lacking } = person(1);
    writeFileSync(file, `${JSON.stringify(lacking)}\n${JSON.stringify(person(2))}\n`);
    const run = await load(['--password-stdin'], { stdin: 'another-secret-9\n' });
    expect(run.code).toBe(0);
    const sent = service.requests.map(({ body }) => (body as Record<string, unknown>).password);
    expect(sent.sort()).toEqual(['another-secret-9', PASSWORD]);
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
      request: async () => {
        created += 1;
        if (created % 20_000 === 0) {
          collect();
          const { heapUsed, external } = process.memoryUsage();
          inUse.set(created, heapUsed + external);
        }
        return { status: 201, body: {}, headers: {} };
      },
      close: async () => {},
    };
    await start();
    const line = JSON.stringify({ padding: 'x'.repeat(500) });
    writeFileSync(file, '');
    for (let part = 0; part < 100; part++) {
      writeFileSync(file, `${line}\n`.repeat(1_000), { flag: 'a' });
    }
    const run = await runCommand(['users', 'create', '--file', file], {
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
      async request({ body }: { body?: unknown }) {
        sent += 1;
        if ((body as Record<string, unknown>).email === 'p1@example.com') {
          await eventually(() => expect(readProgress().done_ranges).toEqual([[2, 2_000]]));
          expect(sent).toBe(2_000);
        }
        return { status: 201, body: {}, headers: {} };
      },
      close: async () => {},
    };
    const run = await runCommand(['users', 'create', '--file', file], {
      openOperator: async () => client,
    });
    expect(run.stdout.at(-1)).toContain('5000 created');
  });
});

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
      file,
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
    expect(service.users.size).toBe(1);
  });

  test('shows no message that repeats a value, and no control characters', async () => {
    const message = `Not ${PASSWORD}`;
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
    const keyFile = join(directory.path, 'key');
    writeFileSync(keyFile, `${KEY}\n`);
    writePeople(40, (line, number) => (number === 5 ? line.slice(0, -3) : line));
    const run = await load(['--key-file', keyFile], { terminal: true });
    expect(run.code).toBe(1);
    expect(service.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    const progress = readFileSync(progressFile(), 'utf8');
    for (const secret of [PASSWORD, 'p3@example.com', 'Number7', 'Ada']) {
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
    expect(service.users.size).toBe(30);
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
    expect(service.users.size).toBe(3);
    expect(service.requests).toHaveLength(6);
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

describe('an import that stopped', () => {
  test('resumes where it stopped: every person once, with the counts of both runs', async () => {
    await start();
    writePeople(400, (line, number) => (number === 7 ? 'broken' : line));
    const first = await interruptedAfter(100);
    expect(first.code).toBe(130);
    expect(first.stderr.at(-1)).toMatch(
      /^Interrupted\. Run the same command again to resume at line \d+\.$/,
    );
    const sentBefore = service.requests.length;
    expect(sentBefore).toBeLessThan(399);

    const second = await load();
    expect(second.stderr[0]).toMatch(
      /^Resuming at line \d+ of 400: \d+ lines done before \(\d+ created, 0 already there, 1 refused\)\.$/,
    );
    expect(second.stdout.at(-1)).toContain('399 created, 0 already there, 1 refused; 400 of 400');
    expect(second.code).toBe(1);
    expect(service.requests).toHaveLength(399);
    expect(existsSync(progressFile())).toBe(false);
  });

  test('because the service is unreachable says how to resume', async () => {
    await start({
      answer: (_request, running) => {
        if (running.users.size >= 50) void running.stop();
        return undefined;
      },
    });
    writePeople(400);
    const first = await load();
    expect(first.code).toBe(1);
    expect(first.stderr.at(-1)).toMatch(
      /^Cannot reach http:\/\/127\.0\.0\.1:\d+: nothing listens there\. .* Run the same command again/,
    );
    const port = Number(new URL(service.url).port);
    const before = service.users;
    await start({ port });
    for (const [email, user] of before) service.users.set(email, user);
    const second = await load();
    expect(second.code).toBe(0);
    expect(service.users.size).toBe(400);
  });

  test('by a kill counts people whose response was lost as already there', async () => {
    await start();
    writePeople(20);
    leaveProgress({ next_line: 5, done_ranges: [[7, 8]], sent_up_to: 12, created: 6 });
    for (const number of [5, 6, 9, 10]) service.users.set(`p${number}@example.com`, {});
    const run = await load();
    expect(run.code).toBe(0);
    expect(run.stdout.at(-1)).toContain('16 created, 4 already there, 0 refused; 20 of 20');
    const sent = service.requests.map(({ body }) => (body as Record<string, unknown>).email);
    expect(sent).not.toContain('p7@example.com');
    expect(sent).not.toContain('p4@example.com');
  });

  test('by a kill refuses taken addresses on lines that were not sent', async () => {
    await start();
    writePeople(20);
    leaveProgress({ next_line: 5, sent_up_to: 12, created: 4 });
    service.users.set('p15@example.com', {});
    const run = await load();
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('line 15 refused, email_taken: The email_taken text.');
  });

  test('has a progress file that covers every line sent, whenever it was killed', async () => {
    await start();
    writePeople(9_000);
    const uncovered: unknown[] = [];
    const client = {
      describe: () => 'a service much faster than the disk',
      async request({ body }: { body?: unknown }) {
        const line = Number(/\d+/.exec(String((body as Record<string, unknown>).email))?.[0]);
        const { next_line, sent_up_to } = readProgress();
        if (!(line >= Number(next_line) && line <= Number(sent_up_to))) uncovered.push(line);
        return { status: 201, body: {}, headers: {} };
      },
      close: async () => {},
    };
    const run = await runCommand(['users', 'create', '--file', file], {
      openOperator: async () => client,
      tuning: { checkpointIntervalMs: 300 },
    });
    expect(run.stdout.at(-1)).toContain('9000 created');
    expect(uncovered).toEqual([]);
  });

  test('refuses to resume with a changed file, and --restart starts over', async () => {
    await start();
    writePeople(10);
    leaveProgress({ next_line: 5, created: 4 });
    writePeople(11);
    const refused = await load();
    expect(refused.code).toBe(1);
    expect(refused.stderr.join()).toMatch(
      /stopped at line 5 .*The file has changed since\. .*--restart/,
    );
    expect(service.requests).toEqual([]);
    expect((await load(['--restart'])).stdout.at(-1)).toContain('11 created');
  });

  test('refuses to resume on another service', async () => {
    await start();
    writePeople(10);
    leaveProgress({ next_line: 5, created: 4, target: 'https://users.example.com' });
    const refused = await load();
    expect(refused.code).toBe(1);
    expect(refused.stderr.join()).toContain(
      `Its target was https://users.example.com, but this target is ${service.url}.`,
    );
    expect(refused.stderr.join()).toContain('--restart');
  });

  test('reports a damaged progress file', async () => {
    await start();
    writePeople(2);
    writeFileSync(progressFile(), '{"format":1');
    const run = await load();
    expect(run.code).toBe(1);
    expect(run.stderr.join()).toContain('is not a progress file of this command');
  });

  test('keeps its progress in the file that --progress-file names', async () => {
    await start();
    writePeople(400);
    const elsewhere = join(directory.path, 'elsewhere');
    await interruptedAfter(20, ['--progress-file', elsewhere]);
    expect(existsSync(progressFile())).toBe(false);
    expect(existsSync(elsewhere)).toBe(true);
    expect((await load(['--progress-file', elsewhere])).code).toBe(0);
    expect(existsSync(elsewhere)).toBe(false);
  });
});

describe('an import that cannot start', () => {
  test('names a missing file, a directory, and a progress file that it cannot write', async () => {
    await start();
    expect((await load()).stderr.join()).toContain('(ENOENT)');
    writePeople(1);
    const missing = join(directory.path, 'missing', 'progress');
    const run = await load(['--progress-file', missing]);
    expect(run.code).toBe(1);
    expect(run.stderr.join()).toMatch(/Cannot write the progress file .*--progress-file FILE/);
    expect(service.requests).toEqual([]);
    file = directory.path;
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
    expect(service.requests.length).toBeLessThanOrEqual(2);
    await service.stop();
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
    file,
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
