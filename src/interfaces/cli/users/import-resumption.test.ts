import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../../../test/support/cli-setting.ts';
import { useImportSetting } from '../../../../test/support/import-setting.ts';

const setting = useImportSetting();
const { start, load, writePeople, progressFile, readProgress, leaveProgress, interruptedAfter } =
  setting;

describe('an import that stopped', () => {
  test('resumes where it stopped: every person once, with the counts of both runs', async () => {
    await start();
    writePeople(400, (line, number) => (number === 7 ? 'broken' : line));
    const first = await interruptedAfter(100);
    expect(first.code).toBe(130);
    expect(first.stderr.at(-1)).toMatch(
      /^Interrupted\. Run the same command again to resume at line \d+\.$/,
    );
    const sentBefore = setting.service.requests.length;
    expect(sentBefore).toBeLessThan(399);

    const second = await load();
    expect(second.stderr[0]).toMatch(
      /^Resuming at line \d+ of 400: \d+ lines done before \(\d+ created, 0 already there, 1 refused\)\.$/,
    );
    expect(second.stdout.at(-1)).toContain('399 created, 0 already there, 1 refused; 400 of 400');
    expect(second.code).toBe(1);
    expect(setting.service.requests).toHaveLength(399);
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
    const port = Number(new URL(setting.service.url).port);
    const before = setting.service.users;
    await start({ port });
    for (const [email, user] of before) setting.service.users.set(email, user);
    const second = await load();
    expect(second.code).toBe(0);
    expect(setting.service.users.size).toBe(400);
  });

  test('by a kill counts people whose response was lost as already there', async () => {
    await start();
    writePeople(20);
    leaveProgress({ next_line: 5, done_ranges: [[7, 8]], sent_up_to: 12, created: 6 });
    for (const number of [5, 6, 9, 10]) setting.service.users.set(`p${number}@example.com`, {});
    const run = await load();
    expect(run.code).toBe(0);
    expect(run.stdout.at(-1)).toContain('16 created, 4 already there, 0 refused; 20 of 20');
    const sent = setting.service.requests.map(
      ({ body }) => (body as Record<string, unknown>).email,
    );
    expect(sent).not.toContain('p7@example.com');
    expect(sent).not.toContain('p4@example.com');
  });

  test('by a kill refuses taken addresses on lines that were not sent', async () => {
    await start();
    writePeople(20);
    leaveProgress({ next_line: 5, sent_up_to: 12, created: 4 });
    setting.service.users.set('p15@example.com', {});
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
      async fetch(_url: string, { body }: RequestInit) {
        const line = Number(/\d+/.exec(String(JSON.parse(String(body)).email))?.[0]);
        const { next_line, sent_up_to } = readProgress();
        if (!(line >= Number(next_line) && line <= Number(sent_up_to))) uncovered.push(line);
        return Response.json({}, { status: 201 });
      },
      close: async () => {},
    };
    const run = await runCommand(['users', 'create', '--file', setting.file], {
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
    expect(setting.service.requests).toEqual([]);
    expect((await load(['--restart'])).stdout.at(-1)).toContain('11 created');
  });

  test('refuses to resume on another service', async () => {
    await start();
    writePeople(10);
    leaveProgress({ next_line: 5, created: 4, target: 'https://users.example.com' });
    const refused = await load();
    expect(refused.code).toBe(1);
    expect(refused.stderr.join()).toContain(
      `Its target was https://users.example.com, but this target is ${setting.service.url}.`,
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
    const elsewhere = join(setting.directory, 'elsewhere');
    await interruptedAfter(20, ['--progress-file', elsewhere]);
    expect(existsSync(progressFile())).toBe(false);
    expect(existsSync(elsewhere)).toBe(true);
    expect((await load(['--progress-file', elsewhere])).code).toBe(0);
    expect(existsSync(elsewhere)).toBe(false);
  });
});
