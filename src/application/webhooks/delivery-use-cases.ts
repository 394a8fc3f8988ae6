import type { DeadLetters } from '../../domain/dead-letters.ts';
import { validateFields } from '../../domain/errors.ts';
import type { IdGenerator, Logger } from '../../domain/ports.ts';
import { webhookDeliveryNotFound, webhookEndpointNotFound } from '../../domain/rejections.ts';
import { parseTime } from '../../domain/time.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type {
  DeadDelivery,
  DeliveryStatus,
  RedeliverySelection,
  WebhookAttempt,
  WebhookDelivery,
  WebhookLog,
} from '../../domain/webhook/webhook-delivery.ts';
import type { WebhookEndpointRepository } from '../../domain/webhook/webhook-endpoint.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope } from '../access/policy.ts';
import { createDeadLetterUseCases } from '../dead-letters.ts';

export interface DeliveryPorts {
  readonly webhookEndpoints: Pick<WebhookEndpointRepository, 'find'>;
  readonly webhookLog: Pick<WebhookLog, 'list' | 'find' | 'listAttempts'>;
  readonly unitOfWork: UnitOfWork;
  readonly deadDeliveries: DeadLetters<DeadDelivery>;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  /** Called when a delivery may be due at once. Must not throw. */
  readonly onWebhookWork: () => void;
}

export interface DeliveryWithAttempts {
  readonly delivery: WebhookDelivery;
  readonly attempts: readonly WebhookAttempt[];
}

/** Deliveries that one call makes due again. */
export const MAX_REDELIVERED = 1_000;
const MAX_ATTEMPTS_SHOWN = 200;

/** The log of deliveries, tests, and deliveries that are sent again. Every method needs the scope `webhooks:admin`. */
export function createDeliveryUseCases(ports: DeliveryPorts) {
  const { webhookEndpoints, webhookLog, unitOfWork, ids, logger } = ports;

  /** @throws DomainError `webhook_endpoint_not_found` */
  async function requireEndpoint(id: string): Promise<void> {
    if ((await webhookEndpoints.find(id)) === null) throw webhookEndpointNotFound();
  }

  /** @throws DomainError `webhook_delivery_not_found` */
  async function requireDelivery(endpointId: string, id: string): Promise<WebhookDelivery> {
    const delivery = await webhookLog.find(endpointId, id);
    if (delivery === null) throw webhookDeliveryNotFound();
    return delivery;
  }

  function note({ requestId }: Caller, id: string, count: number): void {
    const fields = { request_id: requestId, webhook_endpoint_id: id, count };
    logger.info('webhook deliveries are sent again', fields);
  }

  return {
    /**
     * Sends an event of the type `webhook.test` to the endpoint, whatever its state.
     * @returns the delivery, which is pending
     * @throws DomainError `webhook_endpoint_not_found`
     */
    async test(caller: Caller, endpointId: string): Promise<WebhookDelivery> {
      requireScope(caller, 'webhooks:admin');
      const id = ids.next();
      const { requestId } = caller;
      const delivery = await unitOfWork.run(caller, async ({ webhookLog: log }) => {
        await log.insertTest({ id, endpointId, requestId });
        const found = await log.find(endpointId, id);
        if (found === null) throw webhookEndpointNotFound();
        return found;
      });
      ports.onWebhookWork();
      return delivery;
    },

    /** The newest first. @throws DomainError `webhook_endpoint_not_found` */
    async listDeliveries(
      caller: Caller,
      endpointId: string,
      page: {
        readonly beforeId: string | null;
        readonly status: DeliveryStatus | null;
        readonly limit: number;
      },
    ): ReturnType<WebhookLog['list']> {
      requireScope(caller, 'webhooks:admin');
      await requireEndpoint(endpointId);
      return webhookLog.list({ endpointId, ...page });
    },

    /** @throws DomainError `webhook_delivery_not_found` */
    async getDelivery(
      caller: Caller,
      endpointId: string,
      id: string,
    ): Promise<DeliveryWithAttempts> {
      requireScope(caller, 'webhooks:admin');
      const delivery = await requireDelivery(endpointId, id);
      return { delivery, attempts: await webhookLog.listAttempts(id, MAX_ATTEMPTS_SHOWN) };
    },

    /**
     * Sends an ended delivery again, with all attempts of the schedule. A pending one is left as it is.
     * @throws DomainError `webhook_delivery_not_found`
     */
    async redeliver(caller: Caller, endpointId: string, id: string): Promise<WebhookDelivery> {
      requireScope(caller, 'webhooks:admin');
      const delivery = await unitOfWork.run(caller, async ({ webhookLog: log }) => {
        await log.redeliver(endpointId, id);
        const found = await log.find(endpointId, id);
        if (found === null) throw webhookDeliveryNotFound();
        return found;
      });
      note(caller, endpointId, 1);
      ports.onWebhookWork();
      return delivery;
    },

    /**
     * The same for ended deliveries of a status and a time, at most `MAX_REDELIVERED` of them.
     * @returns how many
     * @throws DomainError `validation_failed`, `webhook_endpoint_not_found`
     */
    async redeliverSelected(
      caller: Caller,
      endpointId: string,
      input: {
        readonly status: RedeliverySelection['status'];
        readonly since?: string | undefined;
        readonly until?: string | undefined;
      },
    ): Promise<number> {
      requireScope(caller, 'webhooks:admin');
      const { since, until } = validateFields({
        since: () => (input.since === undefined ? null : parseTime(input.since)),
        until: () => (input.until === undefined ? null : parseTime(input.until)),
      });
      await requireEndpoint(endpointId);
      const selection = { status: input.status, since, until };
      const count = await unitOfWork.run(caller, ({ webhookLog: log }) =>
        log.redeliverSelected(endpointId, selection, MAX_REDELIVERED),
      );
      note(caller, endpointId, count);
      if (count > 0) ports.onWebhookWork();
      return count;
    },

    deadLetters: createDeadLetterUseCases({
      deadLetters: ports.deadDeliveries,
      kind: 'webhook_delivery',
      logger,
    }),
  };
}
