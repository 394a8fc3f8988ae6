import type { RecordedEvent } from '../events.ts';
import type { SignatureScheme } from './webhook-endpoint.ts';

/** `dead`: a dead letter. It is not tried any more unless it is redelivered. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** The type of the event that a test sends. */
export const TEST_EVENT_TYPE = 'webhook.test';

/** One event for one endpoint. */
export interface WebhookDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly isTest: boolean;
  readonly eventId: string;
  /** Its number in the feed; null for a test. */
  readonly sequence: number | null;
  readonly type: string;
  readonly userId: string | null;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly createdAt: Date;
  /** When the next attempt is due; null when none follows. */
  readonly dueAt: Date | null;
  readonly endedAt: Date | null;
  readonly lastStatusCode: number | null;
  readonly lastError: string | null;
}

/** One attempt, as the log keeps it. */
export interface WebhookAttempt {
  readonly attempt: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Null without a response. */
  readonly statusCode: number | null;
  /** Null when the attempt succeeded. */
  readonly error: string | null;
  /** The start of the response's body. */
  readonly response: string | null;
}

/** A delivery that one sender holds for the time of its lease. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly isTest: boolean;
  /** The number of this attempt, from 1. It identifies the claim: a change under an older number has no effect. */
  readonly attempt: number;
  readonly event: RecordedEvent;
  readonly url: string;
  /** Failed attempts of the endpoint since its last success, at the time of the claim. */
  readonly failures: number;
  /** Those that sign, the newest first. */
  readonly secrets: readonly SealedWebhookSecret[];
}

export interface SealedWebhookSecret {
  readonly id: string;
  readonly scheme: SignatureScheme;
  readonly sealed: Uint8Array;
}

/** What an attempt gave. */
export interface AttemptResult {
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly response: string | null;
  readonly durationMs: number;
}

export interface WebhookBacklog {
  /** Deliveries of enabled endpoints; counted up to 10,000, as dead letters are. */
  readonly pending: number;
  readonly deadLetters: number;
  /** Age of the oldest event that waits for an enabled endpoint; 0 when none waits. */
  readonly oldestAgeMs: number;
  readonly endpoints: Readonly<Record<'working' | 'failing' | 'disabled', number>>;
}

/** What one look at the feed did. */
export interface QueuedDeliveries {
  readonly queued: number;
  /** Events that were deleted before they had a delivery. */
  readonly skipped: number;
  /** Whether another look finds more at once, also when no event of this one matched. */
  readonly isBehind: boolean;
}

/** The deliveries, as senders see them. */
export interface WebhookQueue {
  hasEndpoints(): Promise<boolean>;
  /**
   * Makes deliveries of numbered events, exactly one for each endpoint and event that match.
   * A call looks at a bounded number of events for each endpoint.
   */
  queue(): Promise<QueuedDeliveries>;
  /**
   * Claims up to `limit` due deliveries. No other sender can claim them for `leaseMs`. At most `inFlight` of an endpoint
   * are claimed at a time, and one of an ordered endpoint.
   */
  claim(claim: {
    readonly limit: number;
    readonly inFlight: number;
    readonly leaseMs: number;
  }): Promise<readonly ClaimedDelivery[]>;
  /** Records the attempt and makes the delivery `status`, or due again. @returns false when the claim has ended. */
  record(
    delivery: Pick<ClaimedDelivery, 'id' | 'attempt'>,
    result: AttemptResult,
    next: { readonly status: DeliveryStatus; readonly delayMs: number },
  ): Promise<boolean>;
  /** Gives a claim back: the attempt does not count. */
  release(delivery: Pick<ClaimedDelivery, 'id' | 'attempt'>): Promise<void>;
  /** Ends the pause of an endpoint and forgets its failures. */
  markWorking(endpointId: string): Promise<void>;
  /**
   * Counts a failure of an endpoint.
   * @returns why the endpoint is disabled now; null while it is enabled.
   */
  markFailing(endpointId: string, failure: EndpointFailure): Promise<string | null>;
  backlog(): Promise<WebhookBacklog>;
  /** Each deletes at most `limit` rows and returns how many. */
  deleteEnded(keptMs: number, limit: number): Promise<number>;
  deleteAttempts(keptMs: number, limit: number): Promise<number>;
  deleteOrphans(limit: number): Promise<number>;
  deleteExpiredSecrets(): Promise<number>;
}

export interface EndpointFailure {
  /** No attempt begins for so long; null without a pause. */
  readonly pauseMs: number | null;
  /** Disables the endpoint at once. */
  readonly reason: 'gone' | 'secret_unreadable' | null;
  /** Disables the endpoint after so many failures without a success, the first of them so long ago. */
  readonly leastFailures: number;
  readonly failingMs: number;
}

/** Which ended deliveries are sent again; each part is optional. */
export interface RedeliverySelection {
  readonly status: Exclude<DeliveryStatus, 'pending'> | null;
  /** Times of the events. */
  readonly since: Date | null;
  readonly until: Date | null;
}

/** The log of deliveries, for callers. */
export interface WebhookLog {
  /** The newest first. */
  list(page: {
    readonly endpointId: string;
    /** Only deliveries with a lower id; null for the first page. */
    readonly beforeId: string | null;
    readonly status: DeliveryStatus | null;
    readonly limit: number;
  }): Promise<{
    readonly deliveries: readonly WebhookDelivery[];
    readonly nextBeforeId: string | null;
  }>;
  find(endpointId: string, id: string): Promise<WebhookDelivery | null>;
  /** The oldest first, at most `limit`. */
  listAttempts(deliveryId: string, limit: number): Promise<readonly WebhookAttempt[]>;
  /** @returns false when there is no such endpoint. */
  insertTest(test: {
    readonly id: string;
    readonly endpointId: string;
    readonly requestId: string;
  }): Promise<boolean>;
  /** Makes one ended delivery due with no attempt counted. @returns false when there is none or it is pending. */
  redeliver(endpointId: string, id: string): Promise<boolean>;
  /** The same for at most `limit` of those selected. @returns how many */
  redeliverSelected(
    endpointId: string,
    selection: RedeliverySelection,
    limit: number,
  ): Promise<number>;
}

/** A dead letter: a delivery that failed at every attempt of the schedule. */
export interface DeadDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly type: string;
  /** When the event happened. */
  readonly time: Date;
  readonly deadAt: Date;
  readonly attempts: number;
  readonly lastStatusCode: number | null;
  readonly lastError: string | null;
}

/** A signed request to a receiver. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a receiver answered. */
export interface WebhookResponse {
  readonly status: number;
  /** From `Retry-After`; null without it. */
  readonly retryAfterMs: number | null;
  /** The start of the body. */
  readonly excerpt: string;
}

export interface WebhookTransport {
  /**
   * Sends a request and reads the response. The timeout bounds the whole exchange.
   * @throws Error when there was no complete response; the message is safe to show.
   */
  send(request: WebhookRequest, signal: AbortSignal): Promise<WebhookResponse>;
}

export interface WebhookSigner {
  /**
   * The value of `webhook-signature`: one signature for each secret.
   * @returns null when no master key opens any of the secrets
   */
  sign(
    message: { readonly id: string; readonly timestamp: number; readonly body: string },
    endpointId: string,
    secrets: readonly SealedWebhookSecret[],
  ): string | null;
}
