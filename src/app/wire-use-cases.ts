import { createRevocations } from '../application/access/revocations.ts';
import { createSnapshotHistory } from '../application/access/snapshot-history.ts';
import { createAfterCommit } from '../application/after-commit.ts';
import { createDatabaseClock, type DatabaseClock } from '../application/database-clock.ts';
import { createFeedSignal } from '../application/outbox/feed-signal.ts';
import { createKeyUsage } from '../application/service-accounts/key-usage.ts';
import { createUseCases } from '../application/use-cases.ts';
import { createUncachedUserTexts } from '../application/users/uncached-user-texts.ts';
import { LONGEST_ACCESS_TTL_MS } from '../config/keys-accounts.ts';
import type { HealthCheck } from '../domain/ports.ts';
import { CLOCK_LEEWAY_SECONDS } from '../domain/session/access-tokens.ts';
import { databaseFailure } from '../infrastructure/database/postgres/failure-reason.ts';
import { createPostgresSessionRepository } from '../infrastructure/database/postgres/session-repository.ts';
import { createUnitOfWork } from '../infrastructure/database/postgres/unit-of-work.ts';
import type { Database } from '../infrastructure/database/sql.ts';
import { createArgon2Hasher } from '../infrastructure/security/argon2-hasher.ts';
import { RING_MAX_AGE_MS } from '../infrastructure/security/key-ring.ts';
import { loadPasswordBlocklist } from '../infrastructure/security/password-blocklist.ts';
import { createPwnedPasswords } from '../infrastructure/security/pwned-passwords.ts';
import { formatRfc3339 } from '../infrastructure/system/clock.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import { createUserTextFormat } from '../interfaces/api/schemas/user-text-format.ts';
import type { ReleaseStack } from '../lib/release-stack.ts';
import { secretLink } from '../lib/secret-link.ts';
import { createSemaphore } from '../lib/semaphore.ts';
import {
  createServiceAccountCache,
  createServiceTokenCache,
  createVerifiedTokenCache,
} from './auth-caches.ts';
import { accountLinks, challengeSettings } from './challenges.ts';
import { SERVICE_NAME, type TracedDeps } from './deps.ts';
import { openLimits } from './limits.ts';
import { createMailDelivery } from './mail-delivery.ts';
import { openMailRenderer } from './mail-templates.ts';
import { type Persistence, revocationLifeMs } from './persistence.ts';
import { openUserCache } from './user-cache.ts';
import { createWebhookDelivery } from './webhook-delivery.ts';

/**
 * A token is cached for at most its life after its session was read, before it ended. This covers the time from the
 * reading to the entry in the cache.
 */
const REVOCATION_SLACK_MS = 60_000;

/** One search in so many connections. A search takes milliseconds, so a wait this long means that far too many came. */
const CONNECTIONS_FOR_ONE_SEARCH = 4;
const SEARCH_WAIT_MS = 1_000;
const MAX_WAITING_SEARCHES = 100;

/** Messaging without a broker: events stay in the outbox. */
const MESSAGING_OFF: HealthCheck = {
  name: 'messaging',
  driver: 'none',
  required: false,
  off: true,
  check: async () => {},
};

/** Wires caches, broker, mail and use cases on top of the opened persistence. */
export async function wireUseCases(
  deps: TracedDeps,
  persistence: Persistence,
  releases: ReleaseStack,
) {
  const { config, logger, tracing } = deps;
  const { database, users, clock, ids, instanceId, monitoring, emailKeySecret, mailSeal } =
    persistence;
  const verifiedTokens = createVerifiedTokenCache(config.tokens.accessTtlMs);
  const databaseClock = createDatabaseClock({ wallMs: () => clock.now().getTime(), logger });
  const snapshots = createSnapshotHistory({
    maxAgeMs: config.sessions.refreshGraceMs,
    monotonicMs,
  });
  const revocations = createRevocations({
    sessions: createPostgresSessionRepository(monitoring),
    ...{ databaseClock, snapshots, monotonicMs },
    shared: database.driver === 'postgres',
    rememberMs: config.tokens.accessTtlMs + REVOCATION_SLACK_MS,
    onGap: () => verifiedTokens.clear(),
  });
  persistence.accessTokens.onKeyRemoved(() => verifiedTokens.clear());
  const format = createUserTextFormat(formatRfc3339);
  const userCache = await openUserCache(
    config,
    { source: users, format, emailKeySecret, logger, tracing },
    releases,
  );
  // A cache in this process does not see the writes of other instances, so PostgreSQL is then read directly.
  const isCached = database.driver === 'embedded' || userCache.redis !== null;
  const { limits, stats: limitStats } = openLimits(config, {
    shared: userCache.redis?.limiter ?? null,
    keySecret: persistence.masterKeys.derive('limit-names').current,
    logger,
  });
  const broker =
    config.nats.driver === 'nats'
      ? await (await import('./broker.ts')).openBroker(
          config.nats,
          {
            database,
            instanceId,
            logger,
            tracing,
            revocations: revocationParts(config, persistence),
          },
          releases,
        )
      : null;
  const feedSignal = createFeedSignal();
  const revocationSignal = createFeedSignal();
  let onAllRevoked = (): void => {};
  const renderer = await openMailRenderer(config.mail);
  const mail = createMailDelivery(config.mail, { database, ids, mailSeal, renderer, logger });
  releases.register('the mail delivery', () => mail.stop());
  const webhooks = createWebhookDelivery(config.webhooks, { ...persistence, logger });
  releases.register('the webhook delivery', () => webhooks.stop());
  const { hasher, blocklist, breached } = openPasswordTools(deps, releases);
  const keyUsage = createKeyUsage({ accounts: persistence.serviceAccounts, monotonicMs });
  const useCases = createUseCases({
    ...persistence,
    userReader: isCached ? userCache.reader : users,
    userTexts: isCached ? userCache.reader : createUncachedUserTexts(users, format),
    unitOfWork: createUnitOfWork({
      ...{ database, ids, clock, mailSeal, logger },
      includedFields: config.events.include,
      ...createAfterCommit({
        ...{ revocations, verifiedTokens },
        invalidateUser: (id) => userCache.reader.invalidateUser(id),
        notifyRelay() {
          broker?.announceCommit();
          feedSignal.announceCommit();
        },
        announceRevocations(entries) {
          broker?.revocations.announce(entries);
          revocationSignal.announceCommit();
        },
        onAllRevoked: () => onAllRevoked(),
        revocationLifeMs: revocationLifeMs(config.tokens),
      }),
    }),
    searches: createSemaphore({
      maxConcurrent: searchesAtOnce(config.database),
      waitMs: SEARCH_WAIT_MS,
      maxWaiting: MAX_WAITING_SEARCHES,
    }),
    ...feedBounds(config),
    ...{ feedSignal, revocationSignal },
    streamReader: broker?.streamReader ?? null,
    hasher,
    profileRules: { email: config.registration.emailRules, phone: config.registration.phoneRules },
    invitationUrl: (token, locale) =>
      secretLink(config.links.invitationUrl, token, { lang: locale }),
    registrationMode: config.registration.mode,
    registration: config.registration,
    ...{ challengeSettings: challengeSettings(config), accountLinks: accountLinks(config) },
    passwordRules: {
      policy: config.password,
      blocklist,
      serviceName: SERVICE_NAME,
      ...(breached === null ? {} : { breached }),
    },
    ...{ revocations, snapshots, limits },
    webhookTargets: webhooks.targets,
    onWebhookWork: () => webhooks.runSoon(),
    lockoutRules: config.lockout,
    rotationTimes: rotationTimes(config.tokens),
    verifiedTokens,
    knownServiceAccounts: createServiceAccountCache(),
    serviceTokens: createServiceTokenCache(),
    keyUsage,
    healthChecks: [
      databaseHealth(monitoring, database, databaseClock),
      userCache.health,
      broker?.health ?? MESSAGING_OFF,
    ],
    lifetimes: { ...config.sessions, accessTtlMs: config.tokens.accessTtlMs },
    audiences: config.tokens.audience,
    stepUpMaxAgeMs: config.stepUp.maxAgeMs,
    idempotencyTtlMs: config.idempotency.ttlMs,
    monotonicMs,
    logger,
  });
  return {
    useCases: tracing?.useCases(useCases) ?? useCases,
    ...{
      hasher,
      blocklist,
      breached,
      userCache,
      broker,
      mail,
      webhooks,
      revocations,
      databaseClock,
    },
    ...{ limitStats, keyUsage, feedSignal, revocationSignal },
    /** Calls the listener when the sessions of all users are to be deleted. It must not throw. */
    onAllRevoked(listener: () => void): void {
      onAllRevoked = listener;
    },
    refusedAttempts: () => useCases.lockout.refused(),
    idempotencyTotals: () => useCases.idempotency.totals(),
  };
}

/** Every time has room for the longest use of a ring that another instance has not loaded again. */
function rotationTimes({ rotationIntervalMs, jwksMaxAgeMs }: TracedDeps['config']['tokens']) {
  return {
    rotationIntervalMs,
    publishedMs: jwksMaxAgeMs + RING_MAX_AGE_MS,
    retiredMs: LONGEST_ACCESS_TTL_MS + CLOCK_LEEWAY_SECONDS * 1_000 + 2 * RING_MAX_AGE_MS,
  };
}

/** What the publisher of revocations needs besides the broker. */
function revocationParts({ revocations, tokens }: TracedDeps['config'], persistence: Persistence) {
  const { revocationFeed: feed } = persistence;
  return { feed, ...revocations, lifeMs: revocationLifeMs(tokens) };
}

/** One read of the feed in so many connections: readers of events leave room for everything else. */
const CONNECTIONS_FOR_ONE_FEED_READ = 8;
/** A read of revocations is short, and many callers wait for the same one. */
const CONNECTIONS_FOR_ONE_REVOCATION_READ = 4;
const FEED_READ_WAIT_MS = 5_000;
const EXPORTS_AT_ONCE = 4;

/** Callers that wait for revocations have places and connections of their own: events never hold them up. */
function feedBounds({ database, events }: TracedDeps['config']) {
  const { maxConnections } = events.http;
  const connections = database.driver === 'postgres' ? database.maxOpenConns : 1;
  const createReads = (forOne: number) =>
    createSemaphore({
      maxConcurrent: Math.max(1, Math.floor(connections / forOne)),
      waitMs: FEED_READ_WAIT_MS,
      maxWaiting: 2 * maxConnections,
    });
  const createPlaces = () =>
    createSemaphore({ maxConcurrent: maxConnections, waitMs: 0, maxWaiting: 0 });
  return {
    feedReads: createReads(CONNECTIONS_FOR_ONE_FEED_READ),
    feedConnections: createPlaces(),
    revocationReads: createReads(CONNECTIONS_FOR_ONE_REVOCATION_READ),
    revocationConnections: createPlaces(),
    exports: createSemaphore({ maxConcurrent: EXPORTS_AT_ONCE, waitMs: 0, maxWaiting: 0 }),
  };
}

function searchesAtOnce({ driver, maxOpenConns }: TracedDeps['config']['database']): number {
  const connections = driver === 'postgres' ? maxOpenConns : 1;
  return Math.max(1, Math.floor(connections / CONNECTIONS_FOR_ONE_SEARCH));
}

/** What checks and hashes passwords; `breached` is null unless `pwned_passwords.enabled` is set. */
function openPasswordTools({ config, logger }: TracedDeps, releases: ReleaseStack) {
  const { argon2, hashingSlots, hashingWaitMs } = config.password;
  const breached = config.pwnedPasswords.enabled
    ? createPwnedPasswords(config.pwnedPasswords, { logger, monotonicMs })
    : null;
  if (breached !== null) releases.register('the breached-password API', () => breached.close());
  return {
    hasher: createArgon2Hasher({ ...argon2, maxConcurrent: hashingSlots, waitMs: hashingWaitMs }),
    blocklist: loadPasswordBlocklist(),
    breached,
  };
}

/**
 * A database that rejects changes still serves reads: the service is degraded, and stays ready. The embedded database
 * has the clock of this process.
 */
function databaseHealth(
  monitoring: Database,
  database: Database,
  { offsetMs }: DatabaseClock,
): HealthCheck {
  return {
    name: 'database',
    driver: monitoring.driver,
    required: true,
    async check(signal) {
      const { readOnly } = await monitoring.check(signal).catch((error: unknown) => {
        throw signal.aborted ? error : databaseFailure(error);
      });
      if (readOnly) return 'read_only';
      return database.stats().commitsUnconfirmed ? 'commits_unconfirmed' : undefined;
    },
    ...(database.driver === 'postgres' ? { clockOffsetMs: offsetMs } : {}),
  };
}
