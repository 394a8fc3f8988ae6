import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Caller } from '../../src/application/access/caller.ts';
import { createRefreshSession } from '../../src/application/sessions/refresh-session.ts';
import { createSignIn } from '../../src/application/sessions/sign-in.ts';
import { createGetPublicProfiles } from '../../src/application/users/get-public-profiles.ts';
import { createRegisterUser } from '../../src/application/users/register-user.ts';
import type { Logger } from '../../src/domain/ports.ts';
import { invalidToken } from '../../src/domain/rejections.ts';
import type { PasswordHasher } from '../../src/domain/user/password-hasher.ts';
import { STRICT_PROFILE_RULES } from '../../src/domain/user/profile-rules.ts';
import { createPlainRequestLog } from '../../src/infrastructure/logging/plain-request-log.ts';
import { createPrometheusMetrics } from '../../src/infrastructure/metrics/prometheus.ts';
import { createAccessTokens } from '../../src/infrastructure/security/access-tokens.ts';
import { createMasterKeys, type MasterKeys } from '../../src/infrastructure/security/master-key.ts';
import { loadPasswordBlocklist } from '../../src/infrastructure/security/password-blocklist.ts';
import { createRefreshTokens } from '../../src/infrastructure/security/refresh-tokens.ts';
import type { StoredSigningKey } from '../../src/infrastructure/security/signing-key-store.ts';
import { createSystemClock, formatRfc3339 } from '../../src/infrastructure/system/clock.ts';
import { createUuidV7Generator } from '../../src/infrastructure/system/ids.ts';
import type { Route } from '../../src/interfaces/http/route.ts';
import { publicRoutes } from '../../src/interfaces/http/route-table.ts';
import { createHttpServer } from '../../src/interfaces/http/server/server.ts';
import {
  ADA_ID,
  ADA_SESSION_ID,
  createFakeUseCases,
} from '../../test/http/support/fake-use-cases.ts';
import { noLimits } from '../../test/support/limits.ts';
import {
  createMemoryLockout,
  plainAccountKeys,
  plainDeviceTokens,
} from '../../test/support/lockout.ts';
import { noVerification } from '../../test/support/ports.ts';

/** The HTTP server in this process, and a token that it accepts. */
export interface AdversarialServer {
  readonly fastify: FastifyInstance;
  readonly routes: readonly Route[];
  readonly accessToken: string;
}

const settings = {
  publicUrl: 'http://bench.test',
  trustedProxies: [],
  corsOrigins: [],
  corsAllowedHeaders: [],
  corsExposedHeaders: [],
  sessionCookieName: null,
  issuer: 'http://bench.test',
  clientId: 'first-party',
  audience: ['user-service'],
  jwksMaxAgeMs: 300_000,
  requestTimeoutMs: 15_000,
  requestDeadlineMs: 5_000,
  headersTimeoutMs: 10_000,
  maxConnections: 1_000,
  maxConnectionsPerAddress: 512,
  managementSeparate: false,
  revocations: { waitMs: 25_000 },
  events: { page: 1_000, waitMs: 25_000, maxDurationMs: 900_000 },
  version: '0.0.0',
};

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silent,
};

/**
 * Creates the server with everything that reads input: parsing, schemas, domain rules, password rules and tokens.
 * Hashing and the stores are stubs, so that the CPU time of the process is that of the input.
 */
export async function createAdversarialServer(): Promise<AdversarialServer> {
  const clock = createSystemClock();
  const ids = createUuidV7Generator();
  const masterKeys = createMasterKeys(randomBytes(32));
  const accessTokens = createAccessTokens({
    algorithm: 'EdDSA',
    ...{ masterKeys, clock, ids, logger: silent },
    ...{ issuer: settings.issuer, audience: settings.audience, clientId: 'first-party' },
    keys: signingKeysInMemory(),
  });
  await accessTokens.prepare();
  const accessToken = await accessTokens.issue({
    ...{ userId: ADA_ID, sessionId: ADA_SESSION_ID },
    authenticatedAt: 0,
    expiresInSeconds: 3_600,
  });
  const verified = await accessTokens.verify(accessToken);
  const fakes = createFakeUseCases();
  const fastify = await createHttpServer({
    useCases: {
      ...fakes,
      users: {
        ...fakes.users,
        register: createRegisterUser({
          ...noVerification,
          profileRules: STRICT_PROFILE_RULES,
          limits: noLimits,
          ...{ clock, ids, hasher: stubHasher },
          users: { findCredentials: async () => null },
          unitOfWork: { run: async () => undefined as never },
          registrationMode: 'open',
          invitations: { findByToken: async () => null },
          invitationTokens: { read: () => null },
          passwordRules: {
            policy: { minLength: 8, maxLength: 256 },
            blocklist: loadPasswordBlocklist(),
            serviceName: 'user-service',
          },
        }),
        getPublicProfiles: createGetPublicProfiles({
          texts: { listPublicProfileTexts: async (ids) => ids.map(() => null) },
        }),
      },
      sessions: { ...fakes.sessions, ...sessionsWithoutStore(masterKeys) },
      access: {
        ...fakes.access,
        verifyAccessToken: async (token) => {
          // The service verifies a valid token once and caches it.
          const claims = token === accessToken ? verified : await accessTokens.verify(token);
          if (claims === null) throw invalidToken('The access token is not valid.');
          return claims;
        },
      },
    },
    logger: silent,
    requestLog: createPlainRequestLog(silent),
    formatTime: formatRfc3339,
    ids,
    settings,
    metrics: createPrometheusMetrics({}),
    isDraining: () => false,
  });
  return { fastify, routes: publicRoutes(settings), accessToken };
}

/** Sign-in for an unknown address, refresh of an unknown session. */
function sessionsWithoutStore(masterKeys: MasterKeys) {
  const issueTokens = async (): Promise<never> => {
    throw new Error('No session starts in this measurement.');
  };
  return {
    signIn: createSignIn({
      ...noVerification,
      limits: noLimits,
      audiences: settings.audience,
      profileRules: STRICT_PROFILE_RULES,
      ...createMemoryLockout(),
      accountKeys: plainAccountKeys,
      deviceTokens: plainDeviceTokens,
      unitOfWork: { run: async () => null as never },
      hasher: stubHasher,
      startSession: issueTokens,
      issueTokens,
      recordFailure: async (_caller: Caller) => {},
      clock: createSystemClock(),
      logger: silent,
    }),
    refresh: createRefreshSession({
      limits: noLimits,
      audiences: settings.audience,
      unitOfWork: { run: async () => ({ kind: 'unknown' }) as never },
      refreshTokens: createRefreshTokens({ masterKeys }),
      issueTokens,
      idleTtlMs: 3_600_000,
      refreshGraceMs: 10_000,
      snapshots: { before: () => null as never },
      logger: silent,
    }),
  };
}

const stubHasher: PasswordHasher = {
  reserve: (_requester, work) =>
    work({
      hash: async () => '$argon2id$stub',
      verify: async () => false,
      verifyDummyHash: async () => false,
    }),
  unusableHash: () => '$argon2id$stub',
  isVerifiable: () => true,
  isOutdated: () => false,
};

function signingKeysInMemory() {
  const rows: StoredSigningKey[] = [];
  return {
    list: async () => rows,
    insertSigning: async (key: Omit<StoredSigningKey, 'status' | 'createdAt'>) => {
      rows.push({ ...key, status: 'signing', createdAt: new Date() });
      return true;
    },
  };
}
