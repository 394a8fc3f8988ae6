import { type DependencyReason, reasonOf } from '../domain/dependency-failure.ts';
import type { HealthCheck, Logger } from '../domain/ports.ts';
import { untilAborted } from '../lib/deadline.ts';

interface Deps {
  readonly checks: readonly HealthCheck[];
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export interface DependencyHealth {
  /** `off`: not configured, which does not degrade the service. */
  readonly status: 'ok' | 'down' | 'off';
  readonly latencyMs: number;
  readonly driver: string;
  /** Its clock minus this instance's, in milliseconds; absent where there is none or it is unknown. */
  readonly clockOffsetMs?: number;
  /** Why the dependency is down or, with the status `ok`, does not work in full. */
  readonly reason?: DependencyReason;
}

/**
 * The service is `down` when a required dependency is down, `degraded` when another one is down or any of them is limited.
 */
export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: Readonly<Record<HealthCheck['name'], DependencyHealth>>;
}

/** Longest run of one check. */
const HEALTH_CHECK_DEADLINE_MS = 1_000;
/** Age up to which a report is used again, so that frequent probes do not load the dependencies. */
const REPORT_TTL_MS = 250;

/** Runs all checks in parallel, each under a deadline. Callers within `REPORT_TTL_MS` share one report. */
export function createCheckHealth(deps: Deps) {
  let latest: { readonly report: Promise<HealthReport>; readonly startedAt: number } | null = null;
  let lastStatus: HealthReport['status'] = 'ok';

  return (): Promise<HealthReport> => {
    const now = deps.monotonicMs();
    if (latest === null || now - latest.startedAt > REPORT_TTL_MS) {
      latest = { report: inspect(), startedAt: now };
    }
    return latest.report;
  };

  async function inspect(): Promise<HealthReport> {
    const results = await Promise.all(
      deps.checks.map(async (check) => [check, await run(check)] as const),
    );
    const down = results.filter(([, health]) => health.status === 'down').map(([check]) => check);
    const failing = results.flatMap(([{ name }, { reason }]) =>
      reason ? [`${name} ${reason}`] : [],
    );
    const limited = results.flatMap(([, health]) =>
      health.status === 'ok' ? (health.reason ?? []) : [],
    );
    const status = down.some((check) => check.required)
      ? 'down'
      : down.length > 0 || limited.length > 0
        ? 'degraded'
        : 'ok';
    if (status !== lastStatus) {
      deps.logger.warn('health changed', {
        from: lastStatus,
        to: status,
        down: down.map((check) => check.name).join(' '),
        ...(limited.length === 0 ? {} : { limited: limited.join(' ') }),
        ...(failing.length === 0 ? {} : { reasons: failing.join(', ') }),
      });
      lastStatus = status;
    }
    const checks = Object.fromEntries(results.map(([check, health]) => [check.name, health]));
    return { status, checks: checks as HealthReport['checks'] };
  }

  async function run(check: HealthCheck): Promise<DependencyHealth> {
    if (check.off) return { status: 'off', latencyMs: 0, driver: check.driver };
    const startedAt = deps.monotonicMs();
    const offsetMs = check.clockOffsetMs?.() ?? null;
    const constant = {
      driver: check.driver,
      ...(offsetMs === null ? {} : { clockOffsetMs: offsetMs }),
    };
    const signal = AbortSignal.timeout(HEALTH_CHECK_DEADLINE_MS);
    try {
      const reason = await untilAborted(signal, () => check.check(signal));
      const health = { latencyMs: elapsed(startedAt), ...constant };
      return { status: 'ok', ...health, ...(reason === undefined ? {} : { reason }) };
    } catch (error) {
      deps.logger.debug('health check failed', { dependency: check.name, error });
      const found = reasonOf(error);
      const reason = found === 'error' && signal.aborted ? 'timeout' : found;
      return { status: 'down', latencyMs: elapsed(startedAt), ...constant, reason };
    }
  }

  function elapsed(startedAt: number): number {
    return Math.round((deps.monotonicMs() - startedAt) * 10) / 10;
  }
}
