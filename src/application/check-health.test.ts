import { describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../../test/support/logger.ts';
import { DependencyFailure } from '../domain/dependency-failure.ts';
import type { HealthCheck } from '../domain/ports.ts';
import { createCheckHealth } from './check-health.ts';

type Probe = HealthCheck['check'];
const works: Probe = async () => undefined;
const fails: Probe = () => Promise.reject(new Error('connection refused'));

function setUp(probes: { database: Probe; cache: Probe; messaging: Probe }) {
  const state = { ...probes, nowMs: 0, runs: 0 };
  const check = (name: HealthCheck['name'], driver: string, required: boolean): HealthCheck => ({
    name,
    driver,
    required,
    check(signal) {
      state.runs += 1;
      return state[name](signal);
    },
  });
  const logger = createRecordingLogger();
  const checkHealth = createCheckHealth({
    checks: [
      check('database', 'postgres', true),
      check('cache', 'memory', false),
      check('messaging', 'nats', false),
    ],
    logger,
    monotonicMs: () => state.nowMs,
  });
  return { checkHealth, state, logger };
}

describe('the health report', () => {
  it.each([
    ['ok', works, works, works],
    ['degraded', works, fails, works],
    ['degraded', works, fails, fails],
    ['down', fails, works, works],
    ['down', fails, fails, fails],
  ] as const)(
    'is %s according to the checks that fail',
    async (status, database, cache, messaging) => {
      const { checkHealth } = setUp({ database, cache, messaging });
      const report = await checkHealth();
      expect(report.status).toBe(status);
      const expected = (probe: Probe) =>
        probe === works ? { status: 'ok' } : { status: 'down', reason: 'error' };
      expect(report.checks).toEqual({
        database: { ...expected(database), latencyMs: 0, driver: 'postgres' },
        cache: { ...expected(cache), latencyMs: 0, driver: 'memory' },
        messaging: { ...expected(messaging), latencyMs: 0, driver: 'nats' },
      });
    },
  );

  it('has the reason of a failure that stands behind others, and logs it', async () => {
    const refused = new DependencyFailure('authentication', 'WRONGPASS');
    const { checkHealth, logger } = setUp({
      database: works,
      cache: () => Promise.reject(new Error('outer', { cause: refused })),
      messaging: works,
    });
    expect((await checkHealth()).checks.cache).toMatchObject({
      status: 'down',
      reason: 'authentication',
    });
    expect(logger.lines).toContainEqual(
      expect.objectContaining({
        message: 'health changed',
        fields: expect.objectContaining({ reasons: 'cache authentication' }),
      }),
    );
  });

  it('shows the offset of a clock that is known', async () => {
    const withOffset = (name: HealthCheck['name'], offset: number | null): HealthCheck => ({
      ...{ name, driver: 'some', required: true, check: works },
      clockOffsetMs: () => offset,
    });
    const checkHealth = createCheckHealth({
      checks: [withOffset('database', -7_000), withOffset('cache', null)],
      logger: createRecordingLogger(),
      monotonicMs: () => 0,
    });
    expect((await checkHealth()).checks).toEqual({
      database: { status: 'ok', latencyMs: 0, driver: 'some', clockOffsetMs: -7_000 },
      cache: { status: 'ok', latencyMs: 0, driver: 'some' },
    });
  });

  it('is degraded by a required dependency that answers and does not work in full', async () => {
    const { checkHealth, logger } = setUp({
      database: async () => 'read_only',
      cache: works,
      messaging: works,
    });
    expect(await checkHealth()).toMatchObject({
      status: 'degraded',
      checks: { database: { status: 'ok', reason: 'read_only' } },
    });
    expect(logger.lines[0]?.fields).toMatchObject({ to: 'degraded', limited: 'read_only' });
  });

  it('shows a dependency that is off, without a check, and is not degraded by it', async () => {
    const checkHealth = createCheckHealth({
      checks: [{ name: 'messaging', driver: 'none', required: false, off: true, check: fails }],
      logger: createRecordingLogger(),
      monotonicMs: () => 0,
    });
    expect(await checkHealth()).toMatchObject({
      status: 'ok',
      checks: { messaging: { status: 'off', latencyMs: 0, driver: 'none' } },
    });
  });

  it('does not say why; the log does', async () => {
    const { checkHealth, logger } = setUp({ database: fails, cache: works, messaging: works });
    expect(JSON.stringify(await checkHealth())).not.toContain('refused');
    expect(logger.lines).toMatchObject([
      { level: 'debug', fields: { dependency: 'database' } },
      { level: 'warn', fields: { from: 'ok', to: 'down', down: 'database' } },
    ]);
  });

  it('is ready within the deadline when a dependency hangs, and aborts that check', async () => {
    const signals: AbortSignal[] = [];
    const { checkHealth } = setUp({
      database: (signal) => {
        signals.push(signal);
        return new Promise(() => {});
      },
      cache: works,
      messaging: works,
    });
    expect(await checkHealth()).toMatchObject({
      status: 'down',
      checks: { database: { status: 'down' }, cache: { status: 'ok' } },
    });
    expect(signals[0]?.aborted).toBe(true);
  });

  it('is shared by callers for 250 ms', async () => {
    const { checkHealth, state } = setUp({ database: works, cache: works, messaging: works });
    await Promise.all([checkHealth(), checkHealth()]);
    state.nowMs = 250;
    await checkHealth();
    expect(state.runs).toBe(3);
    state.nowMs = 251;
    await checkHealth();
    expect(state.runs).toBe(6);
  });

  it('logs a change of state once, in both directions', async () => {
    const { checkHealth, state, logger } = setUp({
      database: works,
      cache: works,
      messaging: works,
    });
    for (const database of [works, fails, fails, works, works]) {
      state.database = database;
      state.nowMs += 300;
      await checkHealth();
    }
    const changes = logger.lines.filter(({ message }) => message === 'health changed');
    expect(changes.map(({ fields }) => [fields.from, fields.to])).toEqual([
      ['ok', 'down'],
      ['down', 'ok'],
    ]);
  });
});
