export type { EventOf, EventType, UnknownEvent, UserEvent } from './events/event.ts';
export {
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookEvent,
  type WebhookHeaders,
  type WebhookProblem,
  type WebhookProblemCode,
  type WebhookSecrets,
  type WebhookTestEvent,
} from './webhooks/verify-webhook.ts';
export {
  fetchWebhookHandler,
  nodeWebhookHandler,
  type WebhookHandlerOptions,
} from './webhooks/webhook-handlers.ts';
