import { writeCloudEvent } from '../../domain/outbox/cloud-event.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type {
  AttemptResult,
  ClaimedDelivery,
  WebhookQueue,
  WebhookSigner,
  WebhookTransport,
} from '../../domain/webhook/webhook-delivery.ts';
import { withFallback } from '../../lib/deadline.ts';
import { errorText } from '../../lib/error-text.ts';
import { DELIVERY_SCHEDULE_MS, nextAttemptDelayMs } from './delivery-schedule.ts';
import {
  CIRCUIT_FAILURES,
  endpointPauseMs,
  FAILING_DISABLES_MS,
  isSuccess,
} from './endpoint-health.ts';

export interface SendWebhooksDeps {
  readonly queue: WebhookQueue;
  readonly transport: WebhookTransport;
  readonly signer: WebhookSigner;
  readonly logger: Logger;
  readonly clock: Clock;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Bounds one attempt, from the look-up of the name to the end of the response. */
  readonly timeoutMs: number;
  /** Attempts of one endpoint at the same time, over all instances. */
  readonly maxInFlight: number;
  /** Pauses before the attempts of a delivery. */
  readonly schedule?: readonly number[];
}

/** What this process has done since it started. */
export interface WebhookTotals {
  readonly delivered: number;
  /** Failed attempts that another attempt follows. */
  readonly retried: number;
  readonly dead: number;
  /** Endpoints that were disabled because of their responses. */
  readonly disabled: number;
  /** Events that were deleted before they had a delivery. */
  readonly skipped: number;
}

export interface WebhookSender {
  /** Makes deliveries of new events and begins due attempts. Do not call it again before it has ended. */
  run(): Promise<void>;
  /** Calls the listener when a run may find more to do at once. It must not throw. */
  onWork(listener: () => void): void;
  /** Begins nothing more: attempts in progress get three more seconds, and their deliveries are due again after that. */
  stop(): Promise<void>;
  totals(): WebhookTotals;
}

/** Attempts of this process at the same time: many dead endpoints at their bound leave room for the others. */
const MAX_ACTIVE = 256;
/** The part of a claim's lease after the attempt's deadline: the time to record the outcome. */
const LEASE_SLACK_MS = 15_000;
const MAX_QUEUE_ROUNDS = 20;
const STOP_GRACE_MS = 3_000;

/**
 * Creates the sender. It claims a delivery, sends it, then records the outcome. If the process dies in between, the
 * delivery is sent again when the lease has ended, with the same `webhook-id`.
 */
export function createSendWebhooks(deps: SendWebhooksDeps): WebhookSender {
  const { queue, logger, schedule = DELIVERY_SCHEDULE_MS } = deps;
  const totals = { delivered: 0, retried: 0, dead: 0, disabled: 0, skipped: 0 };
  const active = new Set<Promise<void>>();
  const abort = new AbortController();
  let stopping = false;
  let current: Promise<void> = Promise.resolve();
  let announceWork = (): void => {};

  return {
    run() {
      current = runOnce();
      return current;
    },
    onWork(listener) {
      announceWork = listener;
    },
    async stop() {
      stopping = true;
      // The caller of `run` handles a failure of the run.
      const ended = current.catch(() => {}).then(async () => void (await Promise.all(active)));
      await withFallback(
        STOP_GRACE_MS,
        () => ended,
        () => abort.abort(),
      );
      await ended;
    },
    totals: () => ({ ...totals }),
  };

  async function runOnce(): Promise<void> {
    if (stopping || !(await queue.hasEndpoints())) return;
    await queueEvents();
    const limit = MAX_ACTIVE - active.size;
    if (limit === 0 || stopping) return;
    const claimed = await queue.claim({
      limit,
      inFlight: deps.maxInFlight,
      leaseMs: deps.timeoutMs + LEASE_SLACK_MS,
    });
    for (const delivery of claimed) begin(delivery);
  }

  async function queueEvents(): Promise<void> {
    for (let round = 0; round < MAX_QUEUE_ROUNDS && !stopping; round += 1) {
      const { skipped, isBehind } = await queue.queue();
      if (skipped > 0) {
        totals.skipped += skipped;
        logger.error('events were deleted before webhook endpoints got them', { count: skipped });
      }
      if (!isBehind) return;
    }
  }

  function begin(delivery: ClaimedDelivery): void {
    const running = attempt(delivery)
      .catch((error: unknown) => {
        // The lease ends, and the delivery is due again.
        logger.warn('could not record a webhook delivery', { ...fieldsOf(delivery), error });
      })
      .finally(() => {
        active.delete(running);
        announceWork();
      });
    active.add(running);
  }

  async function attempt(delivery: ClaimedDelivery): Promise<void> {
    const { id, event, isTest, endpointId, secrets } = delivery;
    // Only a delivery whose senders died again and again gets here.
    if (delivery.attempt > schedule.length) {
      const error = 'too many attempts; the outcome of the last one is unknown';
      return await markDead(delivery, { statusCode: null, error, response: null, durationMs: 0 });
    }
    const body = writeCloudEvent(event);
    const timestamp = Math.floor(deps.clock.now().getTime() / 1_000);
    const message = { id: isTest ? id : event.id, timestamp, body };
    const signature = deps.signer.sign(message, endpointId, secrets);
    if (signature === null) return await disableUnreadable(delivery);
    const startedMs = deps.nowMs();
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(deps.timeoutMs)]);
    const since = () => Math.round(deps.nowMs() - startedMs);
    try {
      const response = await deps.transport.send(
        {
          url: delivery.url,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'user-service',
            'webhook-id': message.id,
            'webhook-timestamp': String(timestamp),
            'webhook-signature': signature,
          },
          body,
        },
        signal,
      );
      const { status, excerpt, retryAfterMs } = response;
      const result = { statusCode: status, response: excerpt, durationMs: since() };
      if (isSuccess(status)) return await markDelivered(delivery, { ...result, error: null });
      const error = `the receiver answered ${status}`;
      await handleFailure(delivery, { ...result, error }, retryAfterMs);
    } catch (error) {
      if (abort.signal.aborted) return await queue.release(delivery);
      const text = signal.aborted ? 'no complete response in time' : errorText(error);
      const result = { statusCode: null, error: text, response: null, durationMs: since() };
      await handleFailure(delivery, result, null);
    }
  }

  async function markDelivered(delivery: ClaimedDelivery, result: AttemptResult): Promise<void> {
    totals.delivered += 1;
    await queue.record(delivery, result, { status: 'delivered', delayMs: 0 });
    if (delivery.failures === 0) return;
    await queue.markWorking(delivery.endpointId);
    if (delivery.failures < CIRCUIT_FAILURES) return;
    logger.info('a webhook endpoint works again', { webhook_endpoint_id: delivery.endpointId });
  }

  async function handleFailure(
    delivery: ClaimedDelivery,
    result: AttemptResult,
    retryAfterMs: number | null,
  ): Promise<void> {
    const delayMs = delivery.isTest
      ? null
      : nextAttemptDelayMs(delivery.attempt, retryAfterMs, deps.random, schedule);
    if (delayMs === null) await markDead(delivery, result);
    else {
      totals.retried += 1;
      await queue.record(delivery, result, { status: 'pending', delayMs });
    }
    // A test tells its sender, and no one else.
    if (delivery.isTest) return;
    const failures = delivery.failures + 1;
    await countFailure(delivery, result, {
      pauseMs: endpointPauseMs(failures, result.statusCode, retryAfterMs, deps.random),
      reason: result.statusCode === 410 ? 'gone' : null,
    });
  }

  async function countFailure(
    { endpointId, failures }: ClaimedDelivery,
    { statusCode, error }: AttemptResult,
    effect: {
      readonly pauseMs: number | null;
      readonly reason: 'gone' | 'secret_unreadable' | null;
    },
  ): Promise<void> {
    const disabledReason = await queue.markFailing(endpointId, {
      ...effect,
      leastFailures: CIRCUIT_FAILURES,
      failingMs: FAILING_DISABLES_MS,
    });
    const fields = { webhook_endpoint_id: endpointId, status: statusCode, reason: error };
    if (disabledReason !== null) {
      totals.disabled += 1;
      logger.error('disabled a webhook endpoint', { ...fields, disabled_reason: disabledReason });
    } else if (failures + 1 === CIRCUIT_FAILURES) {
      logger.warn('a webhook endpoint fails; it is tried less often', fields);
    }
  }

  async function markDead(delivery: ClaimedDelivery, result: AttemptResult): Promise<void> {
    if (!delivery.isTest) {
      totals.dead += 1;
      const { attempt: attempts } = delivery;
      const fields = { ...fieldsOf(delivery), attempt: attempts, status: result.statusCode };
      logger.error('could not deliver a webhook; it is a dead letter now', {
        ...fields,
        reason: result.error,
      });
    }
    await queue.record(delivery, result, { status: 'dead', delayMs: 0 });
  }

  /** The delivery waits: another secret may sign it when the endpoint is enabled again. */
  async function disableUnreadable(delivery: ClaimedDelivery): Promise<void> {
    const error = 'no master key opens the secret of the endpoint';
    const result = { statusCode: null, error, response: null, durationMs: 0 };
    const status = delivery.isTest ? 'dead' : 'pending';
    await queue.record(delivery, result, { status, delayMs: 0 });
    await countFailure(delivery, result, { pauseMs: null, reason: 'secret_unreadable' });
  }
}

function fieldsOf({ id, endpointId, event }: ClaimedDelivery) {
  return { webhook_endpoint_id: endpointId, webhook_delivery_id: id, event_id: event.id };
}
