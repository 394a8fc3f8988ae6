import { createDeleteOldRevocations } from '../application/access/delete-old-revocations.ts';
import type { Revocations } from '../application/access/revocations.ts';
import { createEventSequencer } from '../application/outbox/event-sequencer.ts';
import type { FeedSignal } from '../application/outbox/feed-signal.ts';
import { createInvalidateChangedUsers } from '../application/outbox/invalidate-changed-users.ts';
import type { KeyUsageWriter } from '../application/service-accounts/key-usage.ts';
import type { UseCases } from '../application/use-cases.ts';
import type { Logger } from '../domain/ports.ts';
import type { Metrics } from '../infrastructure/metrics/prometheus.ts';
import { REFRESH_AFTER_MS } from '../infrastructure/security/key-ring.ts';
import { formatRfc3339 } from '../infrastructure/system/clock.ts';
import { createRequestIdGenerator } from '../infrastructure/system/ids.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import type { Broker } from './broker.ts';
import type { TracedDeps } from './deps.ts';
import type { MailDelivery } from './mail-delivery.ts';
import type { Persistence } from './persistence.ts';
import {
  createTasks,
  type EndWork,
  FIRST_MAINTENANCE_MS,
  inRounds,
  MAINTENANCE_INTERVAL_MS,
  ROWS_PER_ROUND,
  type Tasks,
} from './tasks.ts';
import { CACHE_TTL_MS, type UserCache } from './user-cache.ts';
import type { WebhookDelivery } from './webhook-delivery.ts';

export interface BackgroundParts {
  readonly persistence: Persistence;
  readonly useCases: UseCases;
  readonly revocations: Revocations;
  readonly userCache: UserCache;
  readonly broker: Broker | null;
  readonly feedSignal: FeedSignal;
  readonly revocationSignal: FeedSignal;
  readonly onAllRevoked: (listener: () => void) => void;
  readonly keyUsage: KeyUsageWriter;
  readonly mail: MailDelivery;
  readonly webhooks: WebhookDelivery;
  readonly metrics: Pick<Metrics, 'observeNatsRequest' | 'countDroppedNatsRequest'>;
}

const REVOCATION_POLL_MS = 500;
const KEY_USAGE_INTERVAL_MS = 10_000;
const INVALIDATION_INTERVAL_MS = 1_000;
/** How late, at most, users are enabled whose disabling is over; a sign-in does not wait for it. */
const ENABLE_INTERVAL_MS = 5_000;
/** How soon requests are served that another instance accepted and did not serve. */
const CHALLENGE_POLL_MS = 1_000;
/** How long used and expired challenges stay, so that operators can look them up. */
const ENDED_CHALLENGES_KEPT_MS = 24 * 3_600_000;
/** Other instances notice a rotated or retired signing key after this time. */
const SIGNING_KEYS_INTERVAL_MS = REFRESH_AFTER_MS;
/** How soon readers of the feed see what was committed on another instance. */
const NUMBERING_INTERVAL_MS = 250;
/** How soon other services hear of revocations that this instance was not told of: by another one, or by a trigger. */
const REVOCATION_INTERVAL_MS = 50;
/** An operator can see for a week who did not come. */
const INVITATIONS_KEPT_MS = 7 * 24 * 60 * 60 * 1_000;

/**
 * Starts the background tasks: polling the revocations of other instances, deleting expired sessions and idempotency
 * keys, numbering events and revocations and deleting old ones, sending mail and webhooks; with Redis, invalidating
 * changed users once more; with NATS, publishing events and revocations, and answering requests.
 */
export async function startBackground(
  deps: TracedDeps,
  parts: BackgroundParts,
): Promise<EndWork[]> {
  const tasks = createTasks(deps.logger);
  await startSessionTasks(tasks, parts);
  startUserTasks(tasks, parts);
  startVerificationTasks(tasks, deps, parts);
  await startKeyTasks(tasks, deps, parts);
  startIdempotencyTasks(tasks, deps, parts);
  startEventTasks(tasks, deps, parts);
  parts.mail.start();
  parts.webhooks.start();
  const { broker } = parts;
  if (broker !== null) {
    tasks.ends.push(startRelay(broker), await startNatsService(deps, parts, broker, deps.logger));
  }
  return tasks.ends;
}

async function startSessionTasks(
  { repeat, maintain, serve }: Tasks,
  { persistence, revocations, onAllRevoked, revocationSignal, broker }: BackgroundParts,
): Promise<void> {
  // On the embedded database, too: a trigger may end sessions that no unit of work of this process lists.
  await revocations.poll();
  repeat('revocations', REVOCATION_POLL_MS, () => revocations.poll());
  const { sessions } = persistence;
  const deleteOldRevocations = createDeleteOldRevocations({ sessions });
  const deleteRevokedSoon = serve('revoked sessions', MAINTENANCE_INTERVAL_MS, async () => {
    const deleted = await sessions.deleteRevoked(ROWS_PER_ROUND, 'all-sessions-revoked');
    if (deleted === ROWS_PER_ROUND) deleteRevokedSoon();
  });
  onAllRevoked(deleteRevokedSoon);
  const revocationSequencer = createEventSequencer({
    numbering: persistence.revocationFeed,
    onNumbered: (newest) => revocationSignal.notify(newest),
  });
  const numberRevocationsSoon = serve('revocation numbers', REVOCATION_INTERVAL_MS, async () => {
    // A read numbers what it finds: only callers that wait need the task.
    if (revocationSignal.isAwaited() && !(await revocationSequencer.run())) {
      numberRevocationsSoon();
    }
  });
  revocationSignal.onDemand(numberRevocationsSoon);
  if (broker !== null) {
    repeat('publication of revocations', REVOCATION_INTERVAL_MS, () => broker.revocations.run());
  }
  maintain('expired sessions', () => inRounds(() => sessions.deleteExpired(ROWS_PER_ROUND)));
  maintain('old revocations', () => deleteOldRevocations(inRounds, ROWS_PER_ROUND));
  maintain('quiet counters of failures', () =>
    inRounds(() => persistence.signInFailures.deleteQuiet(ROWS_PER_ROUND)),
  );
}

function startUserTasks(
  { start, repeat, maintain }: Tasks,
  { persistence, useCases, userCache }: BackgroundParts,
): void {
  start({
    name: 'users to enable',
    intervalMs: ENABLE_INTERVAL_MS,
    firstAfterMs: FIRST_MAINTENANCE_MS,
    run: () => useCases.users.enableInTime(),
  });
  if (userCache.redis !== null) {
    const { outboxLog: log } = persistence;
    const run = createInvalidateChangedUsers({
      log,
      monotonicMs,
      invalidateUser: (id) => userCache.reader.invalidateUser(id),
      copyTtlMs: CACHE_TTL_MS,
    });
    repeat('changed users', INVALIDATION_INTERVAL_MS, run);
  }
  const { invitations } = persistence;
  maintain('expired invitations', () =>
    inRounds(() => invitations.deleteExpired(INVITATIONS_KEPT_MS, ROWS_PER_ROUND)),
  );
}

function startVerificationTasks(
  { maintain, serve }: Tasks,
  { config }: TracedDeps,
  { persistence, useCases }: BackgroundParts,
): void {
  const { users, verification } = useCases;
  verification.onRequest(
    serve('challenge requests', CHALLENGE_POLL_MS, () => verification.serveRequests()),
  );
  // Where taken addresses are revealed, only what was stored before a change of the configuration waits.
  const isConcealing = config.registration.existingEmail === 'conceal';
  users.onRegistrationRequest(
    serve('registration requests', isConcealing ? CHALLENGE_POLL_MS : MAINTENANCE_INTERVAL_MS, () =>
      users.serveRegistrations(),
    ),
  );
  const { challengeStore, registrationRequestStore } = persistence;
  maintain('old challenges', async () => {
    await inRounds(() => registrationRequestStore.deleteExpired(ROWS_PER_ROUND));
    await inRounds(() => challengeStore.deleteExpiredRequests(ROWS_PER_ROUND));
    await inRounds(() => challengeStore.deleteEnded(ENDED_CHALLENGES_KEPT_MS, ROWS_PER_ROUND));
    await inRounds(() => challengeStore.deleteOldCounters(ROWS_PER_ROUND));
  });
}

async function startKeyTasks(
  { ends, repeat, maintain }: Tasks,
  { logger }: TracedDeps,
  { persistence, useCases, keyUsage }: BackgroundParts,
): Promise<void> {
  repeat('uses of service keys', KEY_USAGE_INTERVAL_MS, () => keyUsage.write());
  // What is lost here is written at the next use.
  ends.push(() => keyUsage.write().catch(() => undefined));
  repeat('signing keys', SIGNING_KEYS_INTERVAL_MS, () => persistence.accessTokens.refresh());
  // Before the first request: what it seals must not be older than the record.
  await persistence.masterKeyUses.recordCurrent().catch((error: unknown) => {
    logger.warn('could not record the use of the master key', { error });
  });
  maintain('signing key rotation', () => useCases.signingKeys.maintain());
}

function startIdempotencyTasks(
  { maintain }: Tasks,
  { config }: TracedDeps,
  { persistence }: BackgroundParts,
): void {
  const { answerRecords } = persistence;
  maintain('expired idempotency keys', () =>
    inRounds(() => answerRecords.deleteExpired(config.idempotency.ttlMs, ROWS_PER_ROUND)),
  );
}

function startEventTasks(
  { maintain, serve }: Tasks,
  { config }: TracedDeps,
  parts: BackgroundParts,
): void {
  const { persistence, broker } = parts;
  const sequencer = createEventSequencer({
    numbering: persistence.eventNumbering,
    onNumbered: (newest) => {
      parts.feedSignal.notify(newest);
      parts.webhooks.runSoon();
    },
  });
  const numberSoon = serve('event numbers', NUMBERING_INTERVAL_MS, async () => {
    if (!(await sequencer.run())) numberSoon();
  });
  parts.feedSignal.onDemand(numberSoon);
  const { outboxAdministration } = persistence;
  const { retentionMs } = config.outbox;
  maintain(broker === null ? 'numbered events' : 'published events', () =>
    inRounds(() =>
      broker === null
        ? outboxAdministration.deleteNumbered(retentionMs, ROWS_PER_ROUND)
        : outboxAdministration.deletePublished(retentionMs, ROWS_PER_ROUND),
    ),
  );
}

function startRelay({ relay }: Broker): EndWork {
  const ending = new AbortController();
  const running = relay.run(ending.signal);
  return () => {
    ending.abort();
    return running;
  };
}

async function startNatsService(
  { config, version, requestLog, tracing }: TracedDeps,
  { persistence, useCases, metrics }: BackgroundParts,
  { link }: Broker,
  logger: Logger,
): Promise<EndWork> {
  const { createNatsService } = await import('../interfaces/nats/service.ts');
  const service = createNatsService({
    link,
    useCases,
    logger,
    requestLog,
    ids: createRequestIdGenerator(),
    formatTime: formatRfc3339,
    monotonicMs,
    instanceId: persistence.instanceId,
    observeRequest: (request) => metrics.observeNatsRequest(request),
    observeDropped: (reason) => metrics.countDroppedNatsRequest(reason),
    settings: {
      version,
      requestTimeoutMs: config.server.requestDeadlineMs,
      issuer: config.tokens.issuer,
      inboxPrefixes: config.nats.inboxPrefixes,
      ownInboxPrefix: config.nats.inboxPrefix,
    },
    ...(tracing === null ? {} : { tracer: tracing.requests }),
  });
  return () => service.stop();
}
