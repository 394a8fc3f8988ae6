import type { Caller } from '../../../src/application/access/caller.ts';
import { requireUser } from '../../../src/application/access/policy.ts';
import type { UseCases } from '../../../src/application/use-cases.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import type { Invitation } from '../../../src/domain/invitation/invitation.ts';
import { unauthenticated } from '../../../src/domain/rejections.ts';
import type { AccessTokenClaims } from '../../../src/domain/session/access-tokens.ts';
import type { UserProfile } from '../../../src/domain/user/user.ts';
import type { UserText } from '../../../src/domain/user/user-texts.ts';
import type { WebhookDelivery } from '../../../src/domain/webhook/webhook-delivery.ts';
import type { WebhookEndpoint } from '../../../src/domain/webhook/webhook-endpoint.ts';
import { formatRfc3339 } from '../../../src/infrastructure/system/clock.ts';
import { createUserTextFormat } from '../../../src/interfaces/api/schemas/user-text-format.ts';
import { profileWith } from '../../support/profiles.ts';

/** The only user that the fakes know. */
export const ADA_ID = '0198c0de-0000-7000-8000-00000000000a';
/** The session behind `ADA_TOKEN`. */
export const ADA_SESSION_ID = '0198c0de-0000-7000-8000-0000000000aa';
/** An access token that the fakes accept. */
export const ADA_TOKEN = 'ada.access.token';
/** A service key that the fakes accept, with every scope. */
export const SERVICE_KEY = 'usk_every-scope';

/** Ada's profile at version 3; `passwordHash` stands for a field that must never leave the service. */
export const ada: UserProfile & { readonly passwordHash: string } = {
  id: ADA_ID,
  ...profileWith({ lastName: 'Lovelace' }),
  emailVerified: false,
  status: 'active',
  version: 3,
  createdAt: new Date('2026-01-02T03:04:05.678Z'),
  updatedAt: new Date('2026-01-03T03:04:05.678Z'),
  passwordHash: 'canary-hash',
};

const format = createUserTextFormat(formatRfc3339);

/** Ada as a text of the API. */
export const adaText: UserText = { version: ada.version, json: format.writeUser(ada) };

const claims: AccessTokenClaims = {
  kind: 'user',
  audience: ['user-service'],
  authenticatedAt: 1_700_000_000,
  userId: ADA_ID,
  sessionId: ADA_SESSION_ID,
  clientId: 'first-party',
  tokenId: 'token-1',
  issuedAt: 1_700_000_000,
  expiresAt: 1_700_000_600,
};

const issuedTokens = {
  sessionId: ADA_SESSION_ID,
  accessToken: ADA_TOKEN,
  accessExpiresInSeconds: 600,
  refreshToken: 'refresh-1',
  refreshExpiresInSeconds: 2_592_000,
};

const account = {
  id: '0198c0de-0000-7000-8000-0000000000ff',
  name: 'billing',
  scopes: ['users:read'] as const,
  createdAt: ada.createdAt,
  revokedAt: null,
};

const serviceKey = {
  id: '0198c0de-0000-7000-8000-0000000000fe',
  createdAt: ada.createdAt,
  expiresAt: null,
  lastUsedAt: null,
};

/** The use cases that a test replaces, by group. */
export type ReplacedUseCases = {
  readonly [Group in keyof UseCases]?: UseCases[Group] extends () => unknown
    ? UseCases[Group]
    : Partial<UseCases[Group]>;
};

/** Use cases that succeed at once, except those that a test replaces. */
export function createFakeUseCases(replaced: ReplacedUseCases = {}): UseCases {
  return {
    users: { ...fakeUsers, ...replaced.users },
    sessions: { ...fakeSessions, ...replaced.sessions },
    access: { ...fakeAccess, ...replaced.access },
    lockout: {
      list: async () => [
        {
          factor: 'password',
          knownDevice: false,
          failures: 7,
          lastAt: ada.createdAt,
          blockedUntil: null,
        },
      ],
      refused: () => 0,
      unlock: async () => {},
      ...replaced.lockout,
    },
    verification: { ...fakeVerification, ...replaced.verification },
    limits: { checkService: () => {}, ...replaced.limits },
    oauth: { ...fakeOAuth, ...replaced.oauth },
    serviceAccounts: { ...fakeServiceAccounts, ...replaced.serviceAccounts },
    invitations: { ...fakeInvitations, ...replaced.invitations },
    signingKeys: { ...fakeSigningKeys, ...replaced.signingKeys },
    feed: { ...fakeFeed, ...replaced.feed },
    outbox: { ...fakeOutbox, ...replaced.outbox },
    mail: { ...fakeMail, ...replaced.mail },
    webhooks: { ...fakeWebhooks, ...replaced.webhooks },
    diagnostics: { ...fakeDiagnostics, ...replaced.diagnostics },
    schema: { read: async () => ({ version: 1, dirty: false, history: [] }), ...replaced.schema },
    idempotency: { ...fakeIdempotency, ...replaced.idempotency },
    checkHealth: replaced.checkHealth ?? fakeHealth,
  };
}

const fakeUsers: UseCases['users'] = {
  register: async () => ({ user: ada }),
  serveRegistrations: async () => {},
  onRegistrationRequest: () => {},
  get: async (_caller: Caller, id: string) => {
    if (id !== ADA_ID) throw new DomainError('user_not_found', 'There is no such user.');
    return adaText;
  },
  list: async () => ({ users: [ada], nextAfterId: null }),
  getPublicProfiles: async (_caller, ids) => ({
    profiles: ids.filter((id) => id === ADA_ID).map(() => format.writePublicProfile(ada)),
    missing: ids.filter((id) => id !== ADA_ID),
  }),
  getMany: async (_caller, ids) => ({
    users: ids.filter((id) => id === ADA_ID).map(() => ada),
    missing: ids.filter((id) => id !== ADA_ID),
  }),
  exportAll: async () => ({
    position: { sequence: 0, check: null },
    pages: (async function* () {
      yield [ada];
    })(),
    release: () => {},
  }),
  update: async () => ada,
  changePassword: async () => issuedTokens,
  deleteOwn: async () => {},
  deleteAny: async () => {},
  disable: async () => ({ ...ada, status: 'disabled' }),
  enable: async () => ada,
  enableInTime: async () => {},
  expirePassword: async () => ada,
  sendPasswordReset: async () => {},
  listActs: async () => [],
  auditStored: async () => ({ findings: [], checked: 0, nextFromId: null }),
};

const fakeSessions: UseCases['sessions'] = {
  signIn: async () => ({ ...issuedTokens, deviceToken: 'udt_1' }),
  refresh: async () => issuedTokens,
  reauthenticate: async () => issuedTokens,
  listOwn: async (caller) => {
    requireUser(caller);
    return [];
  },
  listOfUser: async () => [],
  endOwn: async () => {},
  endOfUser: async () => {},
  revokeAll: async () => ({ notBefore: 1_790_000_000 }),
};

const requested = { challengeId: '0198c0de-0000-7000-8000-0000000000cc', expiresInSeconds: 600 };
const fakeVerification: UseCases['verification'] = {
  requestVerification: async () => requested,
  requestReset: async () => requested,
  requestEmailChange: async () => requested,
  confirmVerification: async () => {},
  confirmReset: async () => {},
  confirmEmailChange: async () => {},
  undoEmailChange: async () => {},
  serveRequests: async () => {},
  onRequest: () => {},
};

const fakeAccess: UseCases['access'] = {
  // At once, as a cached token; the service key below needs a promise, as one that is not cached.
  verifyAccessToken: (token) => (token === ADA_TOKEN ? claims : Promise.reject(invalidToken())),
  verifyServiceKey: async (key) => {
    if (key !== SERVICE_KEY) throw invalidToken();
    return {
      kind: 'service',
      accountId: account.id,
      scopes: ['users:read', 'users:write', 'users:admin', 'tokens:introspect'],
    };
  },
  introspectToken: async (caller, token) => {
    if (caller.principal.kind === 'anonymous') throw unauthenticated();
    return token === ADA_TOKEN ? claims : null;
  },
  findByServiceKey: async () => keyedAccount,
  readRevocations: {
    read: async () => ({
      entries: [],
      position: { sequence: 0, check: null },
      newest: 0,
      isAtEnd: true,
    }),
    readAll: async () => ({ position: { sequence: 0, check: null }, async *pages() {} }),
    wait: async () => {},
    connect: async () => () => {},
  },
  requireFresh: async () => {},
  publicKeys: async () => ({
    keys: [
      { kty: 'OKP', crv: 'Ed25519', x: 'AA', kid: 'k1', alg: 'EdDSA', use: 'sig', d: 'canary' },
    ],
    isCurrent: true,
  }),
};

const keyedAccount = { ...account, keyId: serviceKey.id, keyRemainingMs: null };

const fakeOAuth: UseCases['oauth'] = {
  async authenticateClient(_id, secret) {
    if (secret !== SERVICE_KEY) throw invalidToken();
    return keyedAccount;
  },
  issueServiceToken: async () => ({
    accessToken: 'service.access.token',
    expiresInSeconds: 600,
    scopes: ['users:read'],
  }),
  revoke: async () => 'done',
};

const fakeServiceAccounts: UseCases['serviceAccounts'] = {
  create: async () => ({ account, issued: { ...serviceKey, key: 'usk_new' } }),
  list: async () => [{ ...account, keys: [serviceKey] }],
  rotateKey: async () => ({ ...serviceKey, key: 'usk_new' }),
  setScopes: async () => account,
  revoke: async () => {},
};

const invitation: Invitation = {
  ...{ id: account.id, email: ada.email, firstName: null, lastName: null, locale: null },
  createdAt: ada.createdAt,
  expiresAt: ada.updatedAt,
};
const fakeInvitations: UseCases['invitations'] = {
  create: async () => invitation,
  list: async () => ({ invitations: [invitation], nextAfterId: null }),
  revoke: async () => {},
  look: async () => invitation,
};

const fakeSigningKeys: UseCases['signingKeys'] = {
  list: async () => [],
  rotate: async () => [],
  retire: async () => {},
  readPreviousMasterKey: async () => ({
    ...{ state: 'not_configured', lastUsedAt: null, signingKeys: 0, webhookSecrets: 0 },
    counts: { sessions: 0, mails: 0, answers: 0, challenges: 0, invitations: 0 },
  }),
  reset: async () => ({
    ...{ outcome: 'nothing_lost', lostKid: null, newKid: null, lost: null, otherConnections: [] },
  }),
  maintain: async () => {},
};

const deadLetters = { list: async () => [], requeue: async () => 0, drop: async () => true };
const fakeOutbox: UseCases['outbox'] = {
  list: async () => ({ events: [], lastPosition: 0 }),
  readStreamSlice: async () => null,
  resyncUsers: async () => ({ announced: 0, deleted: 0, next: null }),
  deadLetters,
};
const fakeFeed: UseCases['feed'] = {
  read: async () => ({
    events: [],
    position: { sequence: 0, check: null },
    newest: 0,
    isAtEnd: true,
  }),
  wait: async () => {},
  connect: async () => () => {},
};
const fakeMail: UseCases['mail'] = { deadLetters };

const endpoint: WebhookEndpoint = {
  ...{ id: account.id, url: 'https://hooks.example.com/', description: null, types: null },
  ...{ userId: null, ordered: false, version: 1, disabledAt: null, disabledReason: null },
  ...{ failures: 0, failingSince: null, queuedSequence: 0, skippedEvents: 0, secrets: [] },
  createdAt: ada.createdAt,
  updatedAt: ada.updatedAt,
};
const delivery: WebhookDelivery = {
  ...{ id: account.id, endpointId: endpoint.id, isTest: false, eventId: account.id, sequence: 1 },
  ...{ type: 'user.created', userId: ADA_ID, status: 'delivered', attempts: 1 },
  ...{ createdAt: ada.createdAt, dueAt: null, endedAt: ada.updatedAt },
  ...{ lastStatusCode: 204, lastError: null },
};
const fakeWebhooks: UseCases['webhooks'] = {
  create: async () => ({ endpoint, secret: 'whsec_new' }),
  list: async () => [endpoint],
  get: async () => endpoint,
  update: async () => endpoint,
  delete: async () => {},
  rotateSecret: async () => ({ endpoint, secret: 'whsec_new' }),
  test: async () => delivery,
  listDeliveries: async () => ({ deliveries: [delivery], nextBeforeId: null }),
  getDelivery: async () => ({ delivery, attempts: [] }),
  redeliver: async () => delivery,
  redeliverSelected: async () => 1,
  deadLetters,
};

const fakeIdempotency: UseCases['idempotency'] = {
  answerOnce: async (caller, _request, execute) => ({
    answer: await execute(caller),
    originalRequestId: null,
  }),
  totals: () => ({ replayed: 0, in_progress: 0, reused: 0, not_kept: 0 }),
};

const fakeDiagnostics: UseCases['diagnostics'] = {
  read: async () => [],
  listEventsOfRequest: async () => [],
  endConnection: async () => true,
  retryMail: async () => 0,
};

const fakeHealth: UseCases['checkHealth'] = async () => ({
  status: 'ok',
  checks: {
    database: { status: 'ok', latencyMs: 0.4, driver: 'embedded' },
    cache: { status: 'ok', latencyMs: 0, driver: 'memory' },
    messaging: { status: 'ok', latencyMs: 0, driver: 'embedded' },
  },
});

function invalidToken(): DomainError {
  return new DomainError('invalid_token', 'The access token is not valid.');
}
