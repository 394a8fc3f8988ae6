import Type from 'typebox';
import { MAX_REDELIVERED } from '../../../../application/webhooks/delivery-use-cases.ts';
import {
  DELIVERY_STATUSES,
  type DeadDelivery,
} from '../../../../domain/webhook/webhook-delivery.ts';
import {
  closedObject,
  nullableString,
  timeOutput,
  uuidOutput,
  wordOf,
} from '../../../api/schemas/common.ts';
import { type Route, route } from '../../route.ts';
import { deadLetterRoutes } from '../dead-letter-routes.ts';
import { readCursor, writeCursor } from '../users/cursor.ts';
import {
  deliveryListSchema,
  deliveryParams,
  deliverySchema,
  deliveryWithLogSchema,
  endpointParams,
  toDeliveryResponse,
  toLogResponse,
} from './schemas.ts';

const tag = 'Webhooks';
const access = 'scope:webhooks:admin';
const PATH = '/v1/webhook-endpoints/{id}';
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

export const redeliveryBody = closedObject({
  status: Type.Optional(
    wordOf(['dead', 'delivered', 'any'], {
      description: 'Which deliveries. Default: `dead`, those that failed.',
    }),
  ),
  since: Type.Optional(Type.String({ description: 'Events of this time and later, by RFC 3339.' })),
  until: Type.Optional(Type.String({ description: 'Events before this time, by RFC 3339.' })),
});
export const redeliveredSchema = Type.Object({ count: Type.Integer() });

const testWebhookEndpoint = route({
  method: 'POST',
  path: `${PATH}/test`,
  operationId: 'testWebhookEndpoint',
  tag,
  summary: 'Send a test event to a webhook endpoint',
  description:
    'Sends an event of the type `webhook.test` once, also to a disabled endpoint. Read the delivery to see how it ended.',
  access,
  params: endpointParams,
  responses: { 202: { description: 'The delivery, which is pending.', schema: deliverySchema } },
  problems: ['webhook_endpoint_not_found'],
  handle: async ({ caller, params }, { useCases }) => ({
    status: 202,
    body: toDeliveryResponse(await useCases.webhooks.test(caller, params.id)),
  }),
});

const listWebhookDeliveries = route({
  method: 'GET',
  path: `${PATH}/deliveries`,
  operationId: 'listWebhookDeliveries',
  tag,
  summary: 'List deliveries of a webhook endpoint',
  description: 'The newest first. Ended ones are kept for `webhooks.retention`.',
  access,
  params: endpointParams,
  query: closedObject({
    status: Type.Optional(wordOf(DELIVERY_STATUSES, { description: 'Only these.' })),
    cursor: Type.Optional(Type.String({ description: 'The `next_cursor` of the previous page.' })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_LIMIT,
        description: `Maximum number of deliveries in the page. Default: ${DEFAULT_LIMIT}.`,
      }),
    ),
  }),
  responses: { 200: { description: 'One page of deliveries.', schema: deliveryListSchema } },
  problems: ['webhook_endpoint_not_found'],
  handle: async ({ caller, params, query }, { useCases }) => {
    const { cursor, limit = DEFAULT_LIMIT, status = null } = query;
    // Keeps cursors of other lists out.
    const list = `webhook deliveries ${params.id} ${status}`;
    const beforeId = cursor === undefined ? null : readCursor(cursor, list);
    const page = { beforeId, status, limit };
    const { deliveries, nextBeforeId } = await useCases.webhooks.listDeliveries(
      caller,
      params.id,
      page,
    );
    return {
      status: 200,
      body: {
        deliveries: deliveries.map(toDeliveryResponse),
        next_cursor: nextBeforeId === null ? null : writeCursor(nextBeforeId, list),
      },
    };
  },
});

const getWebhookDelivery = route({
  method: 'GET',
  path: `${PATH}/deliveries/{delivery_id}`,
  operationId: 'getWebhookDelivery',
  tag,
  summary: 'Get a delivery with the log of its attempts',
  access,
  params: deliveryParams,
  responses: { 200: { description: 'The delivery.', schema: deliveryWithLogSchema } },
  problems: ['webhook_delivery_not_found'],
  handle: async ({ caller, params }, { useCases }) => {
    const { id, delivery_id: deliveryId } = params;
    const { delivery, attempts } = await useCases.webhooks.getDelivery(caller, id, deliveryId);
    return {
      status: 200,
      body: { ...toDeliveryResponse(delivery), log: toLogResponse(attempts) },
    };
  },
});

const redeliverWebhook = route({
  method: 'POST',
  path: `${PATH}/deliveries/{delivery_id}/redeliver`,
  operationId: 'redeliverWebhook',
  tag,
  summary: 'Send a delivery again',
  description:
    'With all attempts of the schedule, and with the same `webhook-id`. A pending delivery is left as it is.',
  access,
  params: deliveryParams,
  responses: { 202: { description: 'The delivery, which is pending.', schema: deliverySchema } },
  problems: ['webhook_delivery_not_found'],
  handle: async ({ caller, params }, { useCases }) => ({
    status: 202,
    body: toDeliveryResponse(
      await useCases.webhooks.redeliver(caller, params.id, params.delivery_id),
    ),
  }),
});

const redeliverWebhooks = route({
  method: 'POST',
  path: `${PATH}/redeliveries`,
  operationId: 'redeliverWebhooks',
  tag,
  summary: 'Send failed deliveries, or those of a time, again',
  description: `At most ${MAX_REDELIVERED} deliveries, the oldest first. For more, give parts of the time.`,
  access,
  params: endpointParams,
  body: { schema: redeliveryBody, mediaTypes: ['application/json'] },
  responses: { 202: { description: 'How many are sent again.', schema: redeliveredSchema } },
  problems: ['webhook_endpoint_not_found'],
  handle: async ({ caller, params, body }, { useCases }) => {
    const { status = 'dead', since, until } = body;
    const selection = { status: status === 'any' ? null : status, since, until };
    const count = await useCases.webhooks.redeliverSelected(caller, params.id, selection);
    return { status: 202, body: { count } };
  },
});

export const webhookDeliveryRoutes: readonly Route[] = [
  testWebhookEndpoint,
  listWebhookDeliveries,
  getWebhookDelivery,
  redeliverWebhook,
  redeliverWebhooks,
];

const deadDeliverySchema = Type.Object({
  id: uuidOutput(),
  webhook_endpoint_id: uuidOutput(),
  type: Type.String(),
  time: timeOutput(),
  dead_at: timeOutput(),
  attempts: Type.Integer(),
  last_error: nullableString(),
});

/** On the control socket only. */
export const webhookDeadLetterRoutes: readonly Route[] = deadLetterRoutes({
  tag,
  noun: 'Webhook',
  path: '/v1/webhooks/dead-letters',
  itemSchema: deadDeliverySchema,
  toResponse: (delivery: DeadDelivery) => ({
    id: delivery.id,
    webhook_endpoint_id: delivery.endpointId,
    type: delivery.type,
    time: delivery.time,
    dead_at: delivery.deadAt,
    attempts: delivery.attempts,
    last_error: delivery.lastError,
  }),
  select: ({ webhooks }) => webhooks.deadLetters,
});
