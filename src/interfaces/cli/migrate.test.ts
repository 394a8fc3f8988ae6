import { expect, test } from 'vitest';
import { CommandFailure, UsageError } from './io.ts';
import { type MigrateDeps, type MigrateTarget, runMigrate, type SchemaTarget } from './migrate.ts';

/** Records the calls, and replies as a migrator with two migrations. */
function setup(target: Partial<MigrateTarget> = {}) {
  const calls: unknown[] = [];
  const out: string[] = [];
  const err: string[] = [];
  const moved = (from: number, to: number) => ({
    from,
    to,
    runs:
      from === to ? [] : [{ version: to, name: 'two', direction: 'up' as const, durationMs: 12 }],
  });
  const deps: MigrateDeps = {
    async open(log) {
      calls.push('open');
      const migrator: MigrateTarget = {
        async up(count) {
          calls.push(['up', count]);
          log('migrated up: 000002_two in 12 ms', { version: 2 });
          return moved(1, 2);
        },
        async down(count, options) {
          calls.push(['down', count, options]);
          return moved(2, 1);
        },
        async goto(version, options) {
          calls.push(['goto', version, options]);
          return moved(version, version);
        },
        async force(version) {
          calls.push(['force', version]);
          return { ...moved(version, version), from: 1 };
        },
        ...target,
      };
      return { migrator, close: async () => void calls.push('close') };
    },
    async openReader() {
      calls.push('open to read');
      const migrator: SchemaTarget = {
        version: async () => ({ version: 2, dirty: true }),
        status: async () => ({
          check: {
            state: 'older',
            version: 1,
            head: 2,
            message: 'The database is at version 1; this build needs 2.',
            command: 'user-service migrate up',
          },
          migrations: [
            {
              version: 1,
              name: 'one',
              state: 'applied',
              appliedAt: '2026-01-01T00:00:00Z',
              adopted: true,
              compatibleFrom: 1,
            },
            {
              version: 2,
              name: 'two',
              state: 'pending',
              appliedAt: null,
              adopted: false,
              compatibleFrom: 1,
            },
          ],
        }),
      };
      return { migrator, close: async () => void calls.push('close') };
    },
    async create(name) {
      calls.push(['create', name]);
      return [`/tree/000003_${name}.up.sql`, `/tree/000003_${name}.down.sql`];
    },
  };
  const io = {
    stdout: (line: string) => void out.push(line),
    stderr: (line: string) => void err.push(line),
  };
  return { calls, out, err, run: (...args: string[]) => runMigrate(args, io, deps) };
}

test('up reports its progress, then the result, and closes the connection', async () => {
  const { calls, out, err, run } = setup();
  expect(await run('up')).toBe(0);
  expect(calls).toEqual(['open', ['up', undefined], 'close']);
  expect(out).toEqual(['migrated up: 000002_two in 12 ms', 'version 1 -> 2']);
  expect(err).toEqual([]);
});

test('numbers and --allow-data-loss are passed on', async () => {
  const { calls, out, run } = setup();
  expect(await run('up', '3')).toBe(0);
  expect(await run('down')).toBe(0);
  expect(await run('down', '2', '--allow-data-loss')).toBe(0);
  expect(await run('goto', '0', '--allow-data-loss')).toBe(0);
  expect(await run('force', '2')).toBe(0);
  expect(calls.filter((call) => Array.isArray(call))).toEqual([
    ['up', 3],
    ['down', undefined, { allowDataLoss: false }],
    ['down', 2, { allowDataLoss: true }],
    ['goto', 0, { allowDataLoss: true }],
    ['force', 2],
  ]);
  expect(out.slice(-2)).toEqual([
    'nothing to do: the database is at version 0',
    'version 2 recorded (was 1); no migration was run',
  ]);
});

test('--json prints one document on stdout and the progress on stderr', async () => {
  const { out, err, run } = setup();
  expect(await run('up', '--json')).toBe(0);
  expect(out.map((line) => JSON.parse(line))).toEqual([
    { from: 1, to: 2, runs: [{ version: 2, name: 'two', direction: 'up', duration_ms: 12 }] },
  ]);
  expect(err).toEqual(['migrated up: 000002_two in 12 ms']);
});

test('status lists every migration and ends with the command to run', async () => {
  const { out, run } = setup();
  expect(await run('status')).toBe(0);
  expect(out).toEqual([
    'applied    000001 one  2026-01-01T00:00:00Z (adopted)',
    'pending    000002 two',
    'older: The database is at version 1; this build needs 2.',
    'Run: user-service migrate up',
  ]);
});

test('status and version have machine-readable forms', async () => {
  const { out, run } = setup();
  await run('version', '--json');
  await run('version');
  await run('status', '--json');
  expect(JSON.parse(out[0] ?? '')).toEqual({ version: 2, dirty: true });
  expect(out[1]).toBe('2 (dirty)');
  expect(JSON.parse(out[2] ?? '').migrations[0]).toMatchObject({
    applied_at: '2026-01-01T00:00:00Z',
  });
});

test('create needs no database', async () => {
  const { calls, out, run } = setup();
  expect(await run('create', 'add_nickname')).toBe(0);
  expect(calls).toEqual([['create', 'add_nickname']]);
  expect(out).toHaveLength(2);
});

test('a failure keeps its code and closes the connection', async () => {
  const failing = {
    up: () => Promise.reject(Object.assign(new Error('dirty at 7'), { code: 'dirty' })),
  };
  const { calls, out, err, run } = setup(failing);
  const failure = await run('up').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CommandFailure);
  expect(failure).toMatchObject({ message: 'dirty at 7', code: 'dirty' });
  expect([...out, ...err]).toEqual([]);
  expect(calls.filter((call) => call === 'close')).toHaveLength(1);
});

test.each([
  [[]],
  [['sideways']],
  [['up', '0']],
  [['up', '1.5']],
  [['up', '1', '2']],
  [['down', '-1']],
  [['goto']],
  [['goto', 'x']],
  [['force']],
  [['create']],
  [['create', 'Add Nickname']],
  [['status', '1']],
  [['up', '--allow-data-loss']],
  [['up', '--unknown']],
])('wrong usage %j opens no database', async (args) => {
  const { calls, out, err, run } = setup();
  await expect(run(...args)).rejects.toThrow(UsageError);
  expect(calls).toEqual([]);
  expect([...out, ...err]).toEqual([]);
});
