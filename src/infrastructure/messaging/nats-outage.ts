import { DependencyFailure } from '../../domain/dependency-failure.ts';
import type { Logger } from '../../domain/ports.ts';
import { monotonicMs } from '../system/monotonic.ts';
import { explainNatsHandshake, type NatsHandshake } from './nats-handshake.ts';

/** Pause between two looks at why a lost connection does not come back. */
const EXPLAIN_INTERVAL_MS = 5_000;
/** Servers that are looked at. */
const MAX_EXPLAINED = 3;

/** The time without a connection: it finds out the cause, and writes each reason of one outage into the log once. */
export interface NatsOutage {
  failure(): DependencyFailure | null;
  /** An attempt to connect failed. An unclear cause is looked into first. */
  explainAndReport(failure: DependencyFailure): Promise<void>;
  /** The server said why, during a reconnection. */
  failed(failure: DependencyFailure): void;
  /** The connection was lost; the client library reconnects and keeps the causes of failed attempts to itself. */
  lost(server: string): void;
  /** There is a connection again, or no caller waits for one. */
  end(): void;
}

export function createNatsOutage(
  servers: readonly string[],
  handshake: NatsHandshake,
  logger: Logger,
): NatsOutage {
  const logged = new Set<string>();
  let failure: DependencyFailure | null = null;
  /** Changes with each outage, so that a look that began before its end is ignored. */
  let outages = 0;
  let lostServer: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let nextLookAtMs = 0;

  function report(found: DependencyFailure): void {
    failure = found;
    if (logged.has(found.reason)) return;
    logged.add(found.reason);
    logger.warn('NATS is not reachable', {
      reason: found.reason,
      ...(lostServer === undefined ? {} : { server: lostServer }),
      error: found,
    });
  }

  /** The first failure that is clear, else any. */
  async function explain(): Promise<DependencyFailure | null> {
    nextLookAtMs = monotonicMs() + EXPLAIN_INTERVAL_MS;
    const found = await Promise.all(
      servers.slice(0, MAX_EXPLAINED).map((server) => explainNatsHandshake(server, handshake)),
    );
    const failures = found.filter((one) => one !== null);
    return failures.find((one) => !isUnclear(one)) ?? failures[0] ?? null;
  }

  async function look(outage: number): Promise<void> {
    const found = await explain();
    if (outage !== outages || lostServer === undefined) return;
    if (found !== null) report(found);
    else if (failure === null) report(connectionLost());
    timer = setTimeout(() => void look(outage), EXPLAIN_INTERVAL_MS);
    timer.unref();
  }

  return {
    failure: () => failure,
    async explainAndReport(found) {
      const outage = outages;
      // What was found out about this outage holds until an attempt says something else.
      if (isUnclear(found) && failure !== null && !isUnclear(failure)) return;
      const isDue = monotonicMs() >= nextLookAtMs;
      if (isUnclear(found) && failure !== null && !isDue) return;
      const explained = isUnclear(found) ? ((await explain()) ?? found) : found;
      if (outage === outages) report(explained);
    },
    failed: report,
    lost(server) {
      if (lostServer !== undefined) return;
      lostServer = server;
      void look(outages);
    },
    end() {
      // The connection came back before its loss was looked into.
      if (lostServer !== undefined && logged.size === 0) report(connectionLost());
      outages += 1;
      clearTimeout(timer);
      lostServer = undefined;
      failure = null;
      nextLookAtMs = 0;
      logged.clear();
    },
  };
}

function connectionLost(): DependencyFailure {
  return new DependencyFailure('unreachable', 'the connection was lost');
}

/** Failures behind which another cause may stand. */
function isUnclear({ reason, message }: DependencyFailure): boolean {
  if (reason === 'unreachable') return !/refused/i.test(message);
  return reason === 'timeout' || reason === 'error' || reason === 'protocol';
}
