import type { DeadLetters } from '../../../domain/dead-letters.ts';
import type {
  DeadDelivery,
  DeliveryStatus,
  WebhookDelivery,
  WebhookLog,
  WebhookQueue,
} from '../../../domain/webhook/webhook-delivery.ts';
import { TEST_EVENT_TYPE } from '../../../domain/webhook/webhook-delivery.ts';
import type { SignatureScheme } from '../../../domain/webhook/webhook-endpoint.ts';
import type { SqlConnection } from '../sql.ts';
import {
  claimWebhookDeliveries,
  deleteDeadWebhookDelivery,
  deleteEndedWebhookDeliveries,
  deleteOldWebhookAttempts,
  deleteOrphanedWebhookDeliveries,
  findAnyWebhookEndpoint,
  findWebhookDelivery,
  insertWebhookDeliveries,
  insertWebhookTest,
  type ListWebhookDeliveriesResult,
  listDeadWebhookDeliveries,
  listWebhookAttempts,
  listWebhookDeliveries,
  readWebhookBacklog,
  releaseWebhookDelivery,
  requeueDeadWebhookDeliveries,
  requeueWebhookDeliveries,
  updateWebhookDelivery,
} from './generated/webhook-deliveries.queries.ts';
import {
  deleteExpiredWebhookSecrets,
  updateFailingWebhookEndpoint,
  updateWorkingWebhookEndpoint,
} from './generated/webhook-endpoints.queries.ts';
import { toRecordedEvent } from './recorded-event.ts';

/** Numbers of the feed that one statement looks at for each endpoint. */
const QUEUE_BATCH = 1_000;
/** While so many deliveries of an endpoint wait, it gets no further ones: its place in the feed says what is left. */
const MOST_PENDING = 10_000;

interface SecretJson {
  readonly id: string;
  readonly scheme: SignatureScheme;
  readonly sealed: string;
}

export function createPostgresWebhookQueue(connection: SqlConnection): WebhookQueue {
  return {
    async hasEndpoints() {
      const [row] = await findAnyWebhookEndpoint.run(undefined, connection);
      return row?.exists ?? false;
    },
    async queue() {
      const parameters = { most: QUEUE_BATCH, mostPending: MOST_PENDING };
      const [row] = await insertWebhookDeliveries.run(parameters, connection);
      return {
        queued: row?.queued ?? 0,
        skipped: row?.skipped ?? 0,
        isBehind: row?.is_behind ?? false,
      };
    },
    async claim({ limit, inFlight, leaseMs }) {
      const parameters = { most: limit, inFlight, leaseMs };
      const rows = await claimWebhookDeliveries.run(parameters, connection);
      return rows.map(({ event_id, sequence, ...row }) => {
        const recorded = toRecordedEvent({ ...row, id: event_id });
        return {
          id: row.id,
          endpointId: row.endpoint_id,
          isTest: row.is_test,
          attempt: row.attempts,
          event: sequence === null ? recorded : { ...recorded, sequence },
          url: row.url,
          failures: row.failures,
          secrets: (row.secrets as unknown as readonly SecretJson[]).map(
            ({ id, scheme, sealed }) => ({ id, scheme, sealed: Buffer.from(sealed, 'base64') }),
          ),
        };
      });
    },
    async record({ id, attempt }, result, next) {
      const parameters = { id, attempt, ...result, ...next };
      return (await updateWebhookDelivery.runForCount(parameters, connection)) === 1;
    },
    async release({ id, attempt }) {
      await releaseWebhookDelivery.runForCount({ id, attempt }, connection);
    },
    async markWorking(id) {
      await updateWorkingWebhookEndpoint.runForCount({ id }, connection);
    },
    async markFailing(id, failure) {
      const [row] = await updateFailingWebhookEndpoint.run({ id, ...failure }, connection);
      return row?.disabled_reason ?? null;
    },
    async backlog() {
      const [row] = await readWebhookBacklog.run(undefined, connection);
      if (row === undefined) throw new Error('the backlog is one row');
      const { working, failing, disabled } = row;
      return {
        pending: row.pending,
        deadLetters: row.dead_letters,
        oldestAgeMs: row.oldest_age_ms,
        endpoints: { working, failing, disabled },
      };
    },
    deleteEnded: (keptMs, limit) =>
      deleteEndedWebhookDeliveries.runForCount({ keptMs, limit }, connection),
    deleteAttempts: (keptMs, limit) =>
      deleteOldWebhookAttempts.runForCount({ keptMs, limit }, connection),
    deleteOrphans: (limit) => deleteOrphanedWebhookDeliveries.runForCount({ limit }, connection),
    deleteExpiredSecrets: () => deleteExpiredWebhookSecrets.runForCount(undefined, connection),
  };
}

export function createPostgresWebhookLog(connection: SqlConnection): WebhookLog {
  return {
    async list({ limit, ...page }) {
      const rows = await listWebhookDeliveries.run({ ...page, limit: limit + 1 }, connection);
      const deliveries = rows.slice(0, limit).map(toDelivery);
      const nextBeforeId = rows.length > limit ? (deliveries.at(-1)?.id ?? null) : null;
      return { deliveries, nextBeforeId };
    },
    async find(endpointId, id) {
      const [row] = await findWebhookDelivery.run({ endpointId, id }, connection);
      return row === undefined ? null : toDelivery(row);
    },
    async listAttempts(deliveryId, limit) {
      const rows = await listWebhookAttempts.run({ deliveryId, limit }, connection);
      return rows.map((row) => ({
        attempt: row.attempt,
        startedAt: row.started_at,
        durationMs: row.duration_ms,
        statusCode: row.status_code,
        error: row.error,
        response: row.response,
      }));
    },
    async insertTest(test) {
      const parameters = { ...test, type: TEST_EVENT_TYPE };
      return (await insertWebhookTest.run(parameters, connection)).length > 0;
    },
    async redeliver(endpointId, id) {
      const selection = { status: null, since: null, until: null };
      const parameters = { endpointId, id, ...selection, limit: 1 };
      return (await requeueWebhookDeliveries.runForCount(parameters, connection)) === 1;
    },
    redeliverSelected: (endpointId, selection, limit) =>
      requeueWebhookDeliveries.runForCount(
        { endpointId, id: null, ...selection, limit },
        connection,
      ),
  };
}

export function createPostgresDeadDeliveries(connection: SqlConnection): DeadLetters<DeadDelivery> {
  return {
    async list(limit) {
      return (await listDeadWebhookDeliveries.run({ limit }, connection)).map((row) => ({
        id: row.id,
        endpointId: row.endpoint_id,
        type: row.type,
        time: row.occurred_at,
        deadAt: row.ended_at,
        attempts: row.attempts,
        lastStatusCode: row.last_status_code,
        lastError: row.last_error,
      }));
    },
    requeue: (id) => requeueDeadWebhookDeliveries.runForCount({ id }, connection),
    drop: async (id) => (await deleteDeadWebhookDelivery.runForCount({ id }, connection)) > 0,
  };
}

function toDelivery(row: ListWebhookDeliveriesResult): WebhookDelivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    isTest: row.is_test,
    eventId: row.event_id,
    sequence: row.sequence,
    type: row.type,
    userId: row.user_id,
    status: row.status as DeliveryStatus,
    attempts: row.attempts,
    createdAt: row.created_at,
    dueAt: row.due_at,
    endedAt: row.ended_at,
    lastStatusCode: row.last_status_code,
    lastError: row.last_error,
  };
}
