import type { MetricSources } from '../../src/infrastructure/metrics/sources.ts';

/** The sources of a service that has every part: what it can export at all. */
export const allMetricSources: Required<MetricSources> = {
  databasePool: () => ({ total: 0, idle: 0, waiting: 0 }),
  hashingGate: () => ({ active: 0, waiting: 0, refused: 0 }),
  health: async () => ({ status: 'ok', checks: { database: { status: 'ok' } } }),
  cache: () => ({ hits: 0, misses: 0, bypasses: 0, refusedFills: 0, errors: 0 }),
  outbox: async () => ({ unpublished: 0, oldestAgeSeconds: 0, parked: 0 }),
  relay: () => ({ leader: true, published: 0, publishErrors: 0, lagSeconds: 0 }),
  mail: async () => ({ queued: 0, oldestAgeSeconds: 0, sent: 0, failed: 0, givenUp: 0 }),
  breakers: () => ({ redis: false }),
  breachLookUps: () => ({ known: 0, unknown: 0, unchecked: 0 }),
};
