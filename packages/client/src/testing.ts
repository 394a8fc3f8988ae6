export type { TokenOptions } from './testing/fake-access.ts';
export type { EmittedEvent, TestEvent } from './testing/fake-events.ts';
export {
  type FakeUserService,
  type FakeUserServiceOptions,
  fakeUserService,
  type UserReference,
} from './testing/fake-user-service.ts';
export type { TestWebhookDelivery, TestWebhookEndpoint } from './testing/fake-webhooks.ts';
export type { TestMail } from './testing/mail-message.ts';
export {
  type RegisteredTestUser,
  type RunningUserService,
  type StartOptions,
  startUserService,
} from './testing/start-user-service.ts';
export type {
  TestService,
  TestServiceAccount,
  TestUser,
  TestUserFields,
} from './testing/types.ts';
