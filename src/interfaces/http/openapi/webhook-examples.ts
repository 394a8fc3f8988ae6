const ENDPOINT = '0198c0f0-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const DELIVERY = '0198c0f1-4b6c-7d8e-9fa0-1b2c3d4e5f60';
const TIME = '2026-11-05T09:30:00.000Z';

const endpoint = {
  id: ENDPOINT,
  url: 'https://crm.example.com/hooks/users',
  description: 'CRM',
  types: ['user.*'],
  user_id: null,
  ordered: false,
  enabled: true,
  disabled_at: null,
  disabled_reason: null,
  failures: 0,
  failing_since: null,
  last_sequence: 1042,
  skipped_events: 0,
  secrets: [
    {
      id: '0198c0f0-5c7d-7e9f-a0b1-2c3d4e5f6071',
      scheme: 'v1',
      public_key: null,
      created_at: TIME,
      expires_at: null,
    },
  ],
  version: 1,
  created_at: TIME,
  updated_at: TIME,
};
const delivery = {
  id: DELIVERY,
  webhook_endpoint_id: ENDPOINT,
  event_id: '0198c0de-3a6b-7d8e-9fa0-1b2c3d4e5f61',
  sequence: 1042,
  type: 'user.created',
  user_id: '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f',
  status: 'delivered',
  attempts: 2,
  created_at: TIME,
  next_attempt_at: null,
  ended_at: '2026-11-05T09:30:05.412Z',
  last_status: 204,
  last_error: null,
};

/** Examples of the schemas of webhooks. */
export const WEBHOOK_EXAMPLES = {
  WebhookEndpointRequest: { url: endpoint.url, description: 'CRM', types: ['user.*'] },
  WebhookEndpointPatch: { enabled: false },
  WebhookEndpoint: endpoint,
  WebhookEndpointWithSecret: { ...endpoint, secret: 'whsec_…' },
  WebhookEndpointList: { webhook_endpoints: [endpoint] },
  WebhookSecretRotation: { overlap: 3_600 },
  WebhookDelivery: delivery,
  WebhookDeliveryWithLog: {
    ...delivery,
    log: [
      {
        attempt: 1,
        started_at: TIME,
        duration_ms: 31,
        status: 503,
        error: 'the receiver answered 503',
        response: 'try later',
      },
      {
        attempt: 2,
        started_at: '2026-11-05T09:30:05.383Z',
        duration_ms: 29,
        status: 204,
        error: null,
        response: '',
      },
    ],
  },
  WebhookDeliveryList: { deliveries: [delivery], next_cursor: null },
  WebhookRedelivery: { status: 'dead', since: '2026-11-05T08:00:00Z' },
  WebhookRedelivered: { count: 12 },
} as const;
