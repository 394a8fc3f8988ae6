import { createFakeAccess, type TokenOptions } from './fake-access.ts';
import { type FakeAnswer, FakeProblem, type FakeRequest } from './fake-answers.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeEvents, type EmittedEvent, type TestEvent } from './fake-events.ts';
import { createFakeRevocations } from './fake-revocations.ts';
import { answerRequest } from './fake-routes.ts';
import { startFakeServer } from './fake-server.ts';
import { createFakeUsers } from './fake-users.ts';
import {
  createFakeWebhooks,
  type TestWebhookDelivery,
  type TestWebhookEndpoint,
} from './fake-webhooks.ts';
import {
  ALL_SCOPES,
  type TestService,
  type TestServiceAccount,
  type TestUser,
  type TestUserFields,
} from './types.ts';

export interface FakeUserServiceOptions {
  /** The clock that the fake begins with: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
  /** `aud` of the tokens, `user-service` by default. */
  readonly audience?: string;
}

/** A user, or the id of one. */
export type UserReference = string | { readonly id: string };

/**
 * A user service in the memory of the test. It answers what other services ask: the key set and the metadata, `/v1/me`,
 * users by id, batches, public profiles, the export, introspection, events and revocations. Everything else is 404.
 */
export interface FakeUserService extends TestService {
  /** The time of the fake in milliseconds. Give it to a verifier as its clock. */
  now(): number;
  /** Moves the time forward: tokens expire, and waits end. */
  advance(ms: number): void;
  addUser(fields?: TestUserFields): TestUser;
  updateUser(user: UserReference, fields: Omit<TestUserFields, 'id' | 'status'>): TestUser;
  deleteUser(user: UserReference): void;
  /** Disables the user and ends the sessions. */
  disable(user: UserReference): TestUser;
  enable(user: UserReference): TestUser;
  /** An access token of the user, of a new session unless `sessionId` names one. */
  tokenFor(user: UserReference, options?: TokenOptions): string;
  /** An access token of a service account: it has no session. */
  tokenForService(account: TestServiceAccount, options?: TokenOptions): string;
  /** Ends the session of a token, or the session with the id. */
  endSession(tokenOrSessionId: string): void;
  /** Ends all sessions of the user. */
  endSessions(user: UserReference): void;
  /** Ends the sessions of all users. */
  revokeAll(): void;
  /** Appends an event to the feed and sends it to the webhook endpoints. */
  emit(event: EmittedEvent): TestEvent;
  /** Forgets all events and revocations but the newest: older positions get 410. */
  forgetFeeds(): void;
  /** Tokens are signed by a new key from now on; the former keys stay in the key set. */
  rotateSigningKey(): void;
  /** Sends the events of these types, or of all, to the URL, each one once. */
  addWebhookEndpoint(url: string, types?: readonly string[]): TestWebhookEndpoint;
  /** Resolves when all deliveries so far have ended. */
  webhookDeliveries(): Promise<readonly TestWebhookDelivery[]>;
  /** While false, every request gets 503 with `Retry-After`. */
  setAvailable(isAvailable: boolean): void;
  /** How many requests came so far. @param path such as `/.well-known/jwks.json`; all by default */
  requestCount(path?: string): number;
}

/** As the default of `tokens.access_ttl`. */
const ACCESS_TTL_SECONDS = 600;

/** Starts a fake user service on a free port of the loopback address. It does not keep the process running. */
export async function fakeUserService(
  options: FakeUserServiceOptions = {},
): Promise<FakeUserService> {
  const { now = Date.now, audience = 'user-service' } = options;
  const clock = createFakeClock(now);
  const events = createFakeEvents(clock);
  const revocations = createFakeRevocations(clock, ACCESS_TTL_SECONDS);
  const users = createFakeUsers({ clock, events, revocations });
  const webhooks = createFakeWebhooks(clock);
  events.onEvent(webhooks.deliver);
  const issuer = (): string => server.url;
  const accessTtlSeconds = ACCESS_TTL_SECONDS;
  const access = createFakeAccess({
    ...{ clock, users, revocations, issuer, audience, accessTtlSeconds },
  });
  const parts = { clock, users, access, events, revocations, issuer };
  const counts = new Map<string, number>();
  let isAvailable = true;

  async function answer(request: FakeRequest): Promise<FakeAnswer> {
    const { pathname } = request.url;
    counts.set(pathname, (counts.get(pathname) ?? 0) + 1);
    if (!isAvailable) throw new FakeProblem('unavailable');
    return await answerRequest(request, parts);
  }
  const server = await startFakeServer(answer);
  return {
    ...{ url: server.url, issuer: server.url, audience },
    stop: () => server.stop(),
    createServiceAccount: async (scopes = ALL_SCOPES) => access.createServiceAccount(scopes),
    now: () => clock.nowMs(),
    advance: (ms) => clock.advance(ms),
    addUser: (fields) => users.add(fields),
    updateUser: (user, fields) => users.update(idOf(user), fields),
    deleteUser: (user) => users.delete(idOf(user)),
    disable: (user) => users.disable(idOf(user)),
    enable: (user) => users.enable(idOf(user)),
    tokenFor: (user, tokenOptions = {}) => access.tokenForUser(idOf(user), tokenOptions),
    tokenForService: (account, tokenOptions = {}) => access.tokenForService(account, tokenOptions),
    endSession(tokenOrSessionId) {
      const sessionId = access.tokens.read(tokenOrSessionId)?.sid ?? tokenOrSessionId;
      if (!users.hasSession(sessionId)) throw new Error('the fake has no such session');
      users.endSession(sessionId, 'signed_out');
    },
    endSessions: (user) => users.endSessions(idOf(user), 'ended_by_admin'),
    revokeAll: () => users.endAllSessions(),
    emit(event) {
      if (event.userId === undefined) return events.emit(event);
      return events.emit({ userVersion: users.find(event.userId)?.version ?? 1, ...event });
    },
    forgetFeeds() {
      events.log.forget();
      revocations.log.forget();
    },
    rotateSigningKey: () => access.tokens.rotate(),
    addWebhookEndpoint: (url, types) => webhooks.add(url, types),
    webhookDeliveries: () => webhooks.deliveries(),
    setAvailable(value) {
      isAvailable = value;
    },
    requestCount(path) {
      if (path !== undefined) return counts.get(path) ?? 0;
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    },
  };
}

function idOf(user: UserReference): string {
  return typeof user === 'string' ? user : user.id;
}
