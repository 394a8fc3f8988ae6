/**
 * What the metrics are read from, each time they are asked for. A source that a set-up does not have is left out, and
 * its metrics with it. Totals count from the start of the process.
 */
export interface MetricSources {
  readonly databasePool?: () => DatabasePoolNumbers;
  readonly hashingGate?: () => HashingGateNumbers;
  /** Whether the service is ready, and each dependency by its name in `/health`. */
  readonly health?: () => Promise<HealthNumbers>;
  readonly cache?: () => CacheNumbers;
  /** May ask the database. */
  readonly outbox?: () => Promise<OutboxNumbers>;
  readonly relay?: () => RelayNumbers;
  /** May ask the database. */
  readonly mail?: () => Promise<MailNumbers>;
  /** Whether each circuit breaker is open, by a fixed name such as `redis`. */
  readonly breakers?: () => Readonly<Record<string, boolean>>;
  readonly breachLookUps?: () => BreachLookUpNumbers;
}

/** Connections of the pool. */
export interface DatabasePoolNumbers {
  readonly total: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

/** Password hashes. */
export interface HashingGateNumbers {
  readonly active: number;
  readonly waiting: number;
  /** In total. */
  readonly refused: number;
}

/** The part of a health report that is counted. */
export interface HealthNumbers {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: Readonly<Record<string, { readonly status: 'ok' | 'down' | 'off' }>>;
}

/** Totals of the shared cache. */
export interface CacheNumbers {
  readonly hits: number;
  readonly misses: number;
  /** Look-ups that were not made or brought nothing since the cache failed or its breaker is open. */
  readonly bypasses: number;
  /** Fills that came without their lease: the value may have been old and was not kept. */
  readonly refusedFills: number;
  readonly errors: number;
}

/** The rows of the outbox that wait. */
export interface OutboxNumbers {
  readonly unpublished: number;
  /** Age of the oldest unpublished row that is not parked; 0 when there is none. */
  readonly oldestAgeSeconds: number;
  /** Rows that are not tried any more until somebody requeues or drops them. */
  readonly parked: number;
}

/** The relay in this process. */
export interface RelayNumbers {
  /** Whether this process holds the lease. */
  readonly leader: boolean;
  /** In total. */
  readonly published: number;
  /** In total. */
  readonly publishErrors: number;
  /** From commit to acknowledgement, of the event published last; absent before the first. */
  readonly lagSeconds?: number;
}

/** The mail queue. */
export interface MailNumbers {
  readonly queued: number;
  /** Age of the oldest queued mail; 0 when there is none. */
  readonly oldestAgeSeconds: number;
  /** In total, by this process. */
  readonly sent: number;
  /** Attempts that failed and are repeated, in total, by this process. */
  readonly failed: number;
  /** Mails that are not tried any more until somebody requeues or drops them, in total, by this process. */
  readonly givenUp: number;
}

/** Passwords that were looked up in the breached-password API, in total. */
export interface BreachLookUpNumbers {
  readonly known: number;
  readonly unknown: number;
  /** The API gave no answer in time, and the password was accepted. */
  readonly unchecked: number;
}
