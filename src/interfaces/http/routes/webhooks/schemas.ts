import Type, { type Static } from 'typebox';
import { SECRET_OVERLAP_SECONDS } from '../../../../application/webhooks/webhook-use-cases.ts';
import {
  DELIVERY_STATUSES,
  type WebhookAttempt,
  type WebhookDelivery,
} from '../../../../domain/webhook/webhook-delivery.ts';
import {
  DISABLED_REASONS,
  SIGNATURE_SCHEMES,
  type WebhookEndpoint,
} from '../../../../domain/webhook/webhook-endpoint.ts';
import {
  closedObject,
  nullableString,
  nullableTimeOutput,
  timeOutput,
  uuidInput,
  uuidOutput,
  wordOf,
} from '../../../api/schemas/common.ts';

export const endpointParams = closedObject({ id: uuidInput('Id of the webhook endpoint.') });
export const deliveryParams = closedObject({
  id: uuidInput('Id of the webhook endpoint.'),
  delivery_id: uuidInput('Id of the delivery.'),
});

const TYPES =
  'Types of events such as `user.created`, and groups such as `user.*`; null for all. A group has the types of later versions, too.';
const schemeInput = wordOf(SIGNATURE_SCHEMES, {
  description:
    '`v1` signs with HMAC-SHA256 and a shared secret, `v1a` with Ed25519. Default: `v1`.',
});
const settingsInput = {
  description: Type.Optional(nullableString({ description: 'At most 200 characters, or null.' })),
  types: Type.Optional(
    Type.Unsafe<string[] | null>({
      type: ['array', 'null'],
      items: { type: 'string' },
      description: TYPES,
    }),
  ),
  user_id: Type.Optional(
    Type.Unsafe<string | null>({
      anyOf: [uuidInput('Only events of this user.'), { type: 'null' }],
      description: 'Only events of this user; null for all.',
    }),
  ),
  ordered: Type.Optional(
    Type.Boolean({
      description:
        'One delivery at a time, in the order of the feed. A failed one holds the others back.',
    }),
  ),
  enabled: Type.Optional(Type.Boolean({ description: 'A disabled endpoint gets nothing.' })),
};
const urlInput = Type.String({
  description: 'An https URL with the port 443 or 8443.',
  examples: ['https://crm.example.com/hooks/users'],
});

export const endpointBody = closedObject({
  url: urlInput,
  ...settingsInput,
  scheme: Type.Optional(schemeInput),
});
export const endpointPatchBody = closedObject(
  { url: Type.Optional(urlInput), ...settingsInput },
  { minProperties: 1 },
);
export const rotationBody = closedObject({
  overlap: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: SECRET_OVERLAP_SECONDS.most,
      description: `Seconds for which the former secrets still sign. Default: ${SECRET_OVERLAP_SECONDS.usual}.`,
    }),
  ),
  scheme: Type.Optional(
    wordOf(SIGNATURE_SCHEMES, { description: 'Default: that of the former secret.' }),
  ),
});

const endpointProperties = {
  id: uuidOutput(),
  url: Type.String(),
  description: nullableString(),
  types: Type.Unsafe<readonly string[] | null>({
    type: ['array', 'null'],
    items: { type: 'string' },
    description: TYPES,
  }),
  user_id: nullableString({ format: 'uuid' }),
  ordered: Type.Boolean(),
  enabled: Type.Boolean(),
  disabled_at: nullableTimeOutput(),
  disabled_reason: nullableString({
    description: `One of ${DISABLED_REASONS.join(', ')}; null while it is enabled. \`gone\`: the receiver answered 410. \`failing\`: every attempt of five days failed. \`secret_unreadable\`: the master key was replaced.`,
  }),
  failures: Type.Integer({ description: 'Failed attempts since the last success.' }),
  failing_since: nullableTimeOutput(),
  last_sequence: Type.Integer({
    description: 'Events up to this number of the feed have deliveries, or do not match.',
  }),
  skipped_events: Type.Integer({
    description: 'Events that `outbox.retention` deleted before they had deliveries.',
  }),
  secrets: Type.Array(
    Type.Object({
      id: uuidOutput(),
      scheme: wordOf(SIGNATURE_SCHEMES),
      public_key: nullableString({ description: 'Of the scheme `v1a`: `whpk_` and base64.' }),
      created_at: timeOutput(),
      expires_at: nullableTimeOutput(),
    }),
    { description: 'Those that sign, the newest first.' },
  ),
  version: Type.Integer(),
  created_at: timeOutput(),
  updated_at: timeOutput(),
};

export const endpointSchema = Type.Object(endpointProperties);
export const endpointWithSecretSchema = Type.Object({
  ...endpointProperties,
  secret: nullableString({
    description: '`whsec_` and base64; null for the scheme `v1a`. No later response shows it.',
  }),
});
export const endpointListSchema = Type.Object({ webhook_endpoints: Type.Array(endpointSchema) });

export function toEndpointResponse(endpoint: WebhookEndpoint): Static<typeof endpointSchema> {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    types: endpoint.types,
    user_id: endpoint.userId,
    ordered: endpoint.ordered,
    enabled: endpoint.disabledAt === null,
    disabled_at: endpoint.disabledAt,
    disabled_reason: endpoint.disabledReason,
    failures: endpoint.failures,
    failing_since: endpoint.failingSince,
    last_sequence: endpoint.queuedSequence,
    skipped_events: endpoint.skippedEvents,
    secrets: endpoint.secrets.map(({ id, scheme, publicKey, createdAt, expiresAt }) => ({
      ...{ id, scheme, public_key: publicKey },
      ...{ created_at: createdAt, expires_at: expiresAt },
    })),
    version: endpoint.version,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
  };
}

const nullableInteger = (description: string) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], description });

const deliveryProperties = {
  id: uuidOutput(),
  webhook_endpoint_id: uuidOutput(),
  event_id: uuidOutput('The `webhook-id` of its requests.'),
  sequence: nullableInteger('Number of the event in the feed; null for a test.'),
  type: Type.String({ description: 'Type of the event; `webhook.test` for a test.' }),
  user_id: nullableString({ format: 'uuid' }),
  status: wordOf(DELIVERY_STATUSES, {
    description: '`dead`: a dead letter, which is not tried any more.',
  }),
  attempts: Type.Integer({ description: 'Since the delivery was queued or sent again.' }),
  created_at: timeOutput(),
  next_attempt_at: nullableTimeOutput(),
  ended_at: nullableTimeOutput(),
  last_status: nullableInteger('HTTP status of the last attempt; null without a response.'),
  last_error: nullableString(),
};
export const deliverySchema = Type.Object(deliveryProperties);
export const deliveryListSchema = Type.Object({
  deliveries: Type.Array(deliverySchema),
  next_cursor: nullableString({ description: 'Cursor of the next page; null on the last page.' }),
});
export const deliveryWithLogSchema = Type.Object({
  ...deliveryProperties,
  log: Type.Array(
    Type.Object({
      attempt: Type.Integer(),
      started_at: timeOutput(),
      duration_ms: Type.Integer(),
      status: nullableInteger('HTTP status; null without a response.'),
      error: nullableString(),
      response: nullableString({ description: 'The start of the body of the response.' }),
    }),
    { description: 'Attempts, the oldest first, at most 200.' },
  ),
});

export function toDeliveryResponse(delivery: WebhookDelivery): Static<typeof deliverySchema> {
  return {
    id: delivery.id,
    webhook_endpoint_id: delivery.endpointId,
    event_id: delivery.eventId,
    sequence: delivery.sequence,
    type: delivery.type,
    user_id: delivery.userId,
    status: delivery.status,
    attempts: delivery.attempts,
    created_at: delivery.createdAt,
    next_attempt_at: delivery.dueAt,
    ended_at: delivery.endedAt,
    last_status: delivery.lastStatusCode,
    last_error: delivery.lastError,
  };
}

export function toLogResponse(attempts: readonly WebhookAttempt[]) {
  return attempts.map(({ attempt, startedAt, durationMs, statusCode, error, response }) => ({
    ...{ attempt, started_at: startedAt, duration_ms: durationMs },
    ...{ status: statusCode, error, response },
  }));
}
