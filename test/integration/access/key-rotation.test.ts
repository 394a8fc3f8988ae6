import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createRotateSigningKeys,
  type RotationTimes,
} from '../../../src/application/signing-keys/rotate-signing-keys.ts';
import { createPostgresMasterKeyUses } from '../../../src/infrastructure/database/postgres/master-key-uses.ts';
import { createPostgresSigningKeyStore } from '../../../src/infrastructure/database/postgres/signing-key-store.ts';
import { createAccessTokens } from '../../../src/infrastructure/security/access-tokens.ts';
import { createMasterKeys } from '../../../src/infrastructure/security/master-key.ts';
import { createSigningKeys } from '../../../src/infrastructure/security/signing-keys.ts';
import { createUuidV7Generator } from '../../../src/infrastructure/system/ids.ts';
import { type Api, createApi } from '../../support/api.ts';
import { createMasterKey, createTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const MINUTE_MS = 60_000;
const STEP_MS = 20_000;
const JWKS_MAX_AGE_MS = 5 * MINUTE_MS;
const TOKEN_MS = 10 * MINUTE_MS;
const LEEWAY_MS = MINUTE_MS;
/** As the service sets them, with an hour between two rotations. */
const TIMES: RotationTimes = {
  rotationIntervalMs: 60 * MINUTE_MS,
  publishedMs: JWKS_MAX_AGE_MS + MINUTE_MS,
  retiredMs: TOKEN_MS + LEEWAY_MS + 2 * MINUTE_MS,
};
const SIMULATED_MS = 200 * MINUTE_MS;

/**
 * Two instances on one PostgreSQL and a verifier with a JWKS cache, through some hours of a clock that the test moves:
 * the stored times are made older by each step, which is what the clock of the database does. A round of the rotation
 * ends right after each change, as an instance that is killed there. The verifier never fetches keys for an unknown id.
 */
async function simulate(times: RotationTimes) {
  const masterKey = createMasterKey();
  // It does not listen, so its background tasks do not run.
  const app = await createTestApp({
    database: 'postgres',
    env: { SECURITY_MASTER_KEY: masterKey },
  });
  onTestFinished(async () => void (await app.stop()));
  const { database } = app;
  const startMs = Date.UTC(2026, 0, 1);
  let nowMs = startMs;
  const clock = { now: () => new Date(nowMs) };
  const masterKeys = createMasterKeys(Buffer.from(masterKey, 'base64'));
  const store = createPostgresSigningKeyStore(database);

  function createInstance() {
    const tokens = createAccessTokens({
      keys: store,
      ...{ masterKeys, clock, algorithm: 'EdDSA', logger: createSilentLogger() },
      ...{ issuer: 'http://service.test', audience: ['user-service'], clientId: 'first-party' },
      ids: createUuidV7Generator(),
    });
    const signingKeys = createSigningKeys({
      store,
      algorithm: 'EdDSA',
      encryptionKeys: masterKeys.derive('signing-key-encryption'),
      refresh: () => Promise.reject(new Error('killed before it loads its own change')),
    });
    const masterKeyUses = createPostgresMasterKeyUses(
      database,
      masterKeys.derive('master-key-fingerprint'),
    );
    const logger = createSilentLogger();
    const rotate = createRotateSigningKeys({ signingKeys, masterKeyUses, times, logger });
    return { tokens, rotate };
  }

  const instances = [createInstance(), createInstance()] as const;
  const [busy, idle] = instances;
  const live: { readonly token: string; readonly untilMs: number }[] = [];
  const counts = { checks: 0, refused: 0, kids: new Set<string>(), largestKeySet: 0 };
  let cached: { readonly keys: JSONWebKeySet; readonly untilMs: number } | undefined;

  async function verifyOutside(token: string): Promise<boolean> {
    if (cached === undefined || cached.untilMs <= nowMs) {
      // From the instance that loads its keys as seldom as it may.
      const { keys, isCurrent } = await idle.tokens.publicKeys();
      expect(isCurrent).toBe(true);
      cached = { keys: { keys } as JSONWebKeySet, untilMs: nowMs + JWKS_MAX_AGE_MS };
      counts.largestKeySet = Math.max(counts.largestKeySet, keys.length);
    }
    const options = { currentDate: clock.now(), clockTolerance: LEEWAY_MS / 1_000 };
    try {
      const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(cached.keys), options);
      counts.kids.add(String(protectedHeader.kid));
      return true;
    } catch (error) {
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  }

  async function check(token: string): Promise<void> {
    const verdicts = [
      (await busy.tokens.verify(token)) !== null,
      (await idle.tokens.verify(token)) !== null,
      await verifyOutside(token),
    ];
    counts.checks += verdicts.length;
    counts.refused += verdicts.filter((accepted) => !accepted).length;
  }

  await Promise.all(instances.map(({ tokens }) => tokens.prepare()));
  while (nowMs < startMs + SIMULATED_MS) {
    nowMs += STEP_MS;
    await database.query(
      `update signing_keys set created_at = created_at - $1::interval, published_at = published_at - $1::interval,
         activated_at = activated_at - $1::interval, retired_at = retired_at - $1::interval`,
      [`${STEP_MS} milliseconds`],
    );
    await busy.tokens.refresh();
    // Both lead: each round of one meets a round of the other.
    if ((nowMs - startMs) % MINUTE_MS === 0) {
      await Promise.allSettled(instances.map(({ rotate }) => rotate()));
    }
    for (const { tokens } of instances) {
      const userId = '01990000-0000-7000-8000-0000000000a1';
      const token = await tokens.issue({
        ...{ userId, sessionId: userId, authenticatedAt: nowMs / 1_000 },
        expiresInSeconds: TOKEN_MS / 1_000,
      });
      live.push({ token, untilMs: nowMs + TOKEN_MS + LEEWAY_MS });
    }
    while (live[0] !== undefined && live[0].untilMs <= nowMs) live.shift();
    // The oldest that must still be accepted, and the newest of each instance.
    for (const { token } of [...live.slice(0, 2), ...live.slice(-2)]) await check(token);
  }
  return counts;
}

describe('a rotation by schedule, with two leaders that are killed after each change', () => {
  it('refuses no token, inside or at a verifier that caches the key set, and keeps few keys', async () => {
    const { checks, refused, kids, largestKeySet } = await simulate(TIMES);
    expect(refused).toBe(0);
    expect(checks).toBeGreaterThan(5_000);
    // The first key and three rotations in 200 minutes. The key set never grows beyond one key of each state.
    expect(kids.size).toBe(4);
    expect(largestKeySet).toBeLessThanOrEqual(3);
  }, 120_000);

  it.each<[mutant: string, times: RotationTimes]>([
    ['a key signs in the round that publishes it', { ...TIMES, publishedMs: 0 }],
    ['a retired key is deleted while its tokens live', { ...TIMES, retiredMs: 0 }],
  ])(
    'would be seen to refuse tokens if %s',
    async (_mutant, times) => {
      expect((await simulate(times)).refused).toBeGreaterThan(0);
    },
    120_000,
  );
});

describe('two instances on one PostgreSQL', () => {
  it('refuse no token while the operator rotates at once under load, and all tokens of a key that is retired', async () => {
    const connection = (await createTestDatabase()).connectionOptions;
    const env = { SECURITY_MASTER_KEY: createMasterKey() };
    const apis: Api[] = [];
    onTestFinished(async () => {
      for (const { app } of apis) await app.stop();
    });
    for (let count = 0; count < 2; count += 1) {
      const app = await createTestApp({ database: 'postgres', connection, env });
      apis.push(createApi(app));
      await app.listen();
    }
    const [here, there] = apis as [Api, Api];
    const operator = await here.app.operator();
    const keys = async (): Promise<{ kid: string; state: string }[]> =>
      (await operator.inject({ method: 'GET', url: '/v1/signing-keys' })).json().signing_keys;
    const rotate = (now: boolean) =>
      operator.inject({ method: 'POST', url: '/v1/signing-keys/rotate', payload: { now } });

    const account = await here.register();
    const statuses: number[] = [];
    const kids = new Set<string>();
    let running = true;
    const client = async (number: number): Promise<string> => {
      let grant = await here.signIn(account);
      for (let round = 0; running; round += 1) {
        const [one, other] = (round + number) % 2 === 0 ? [here, there] : [there, here];
        grant = await one.refresh(grant.refresh_token);
        kids.add(kidOf(grant.access_token));
        statuses.push(
          await other.statusOf(grant.access_token),
          await one.statusOf(grant.access_token),
        );
      }
      return grant.access_token;
    };
    const clients = [0, 1, 2, 3].map(client);
    const afterMore = async (count: number) => {
      const target = statuses.length + count;
      await eventually(async () => expect(statuses.length).toBeGreaterThan(target), {
        timeoutMs: 30_000,
        what: 'more answered requests',
      });
    };
    await afterMore(40);
    const [first] = await keys();
    expect((await rotate(false)).statusCode).toBe(200);
    await afterMore(40);
    expect((await rotate(true)).statusCode).toBe(200);
    await afterMore(80);
    running = false;
    const [lastToken = ''] = await Promise.all(clients);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(kids.size).toBe(2);

    const old = (await keys()).find(({ kid }) => kid === first?.kid);
    expect(old?.state).toBe('verifying');
    const url = '/v1/signing-keys/retire';
    const retired = await operator.inject({
      method: 'POST',
      url,
      payload: { kid: kidOf(lastToken), force: true },
    });
    expect(retired.statusCode).toBe(204);
    expect(await here.statusOf(lastToken)).toBe(401);
    await eventually(async () => expect(await there.statusOf(lastToken)).toBe(401), {
      timeoutMs: 25_000,
      what: 'the refusal on the other instance',
    });
    expect(await there.statusOf((await there.signIn(account)).access_token)).toBe(200);
  }, 90_000);
});

describe('the replacement of the master key on two instances, one after the other', () => {
  it('refuses no access or refresh token, and leaves nothing under the old key', async () => {
    const connection = (await createTestDatabase()).connectionOptions;
    const [old, fresh] = [createMasterKey(), createMasterKey()];
    const apis: Api[] = [];
    onTestFinished(async () => {
      for (const { app } of apis) await app.stop();
    });
    const start = async (current: string, previous?: string) => {
      const env = {
        SECURITY_MASTER_KEY: current,
        ...(previous === undefined ? {} : { SECURITY_MASTER_KEY_PREVIOUS: previous }),
      };
      const api = createApi(await createTestApp({ database: 'postgres', connection, env }));
      apis.push(api);
      return api;
    };
    const statesAt = async (api: Api): Promise<{ master_key: string }[]> =>
      (await (await api.app.operator()).inject({ method: 'GET', url: '/v1/signing-keys' })).json()
        .signing_keys;
    /** Each instance refreshes and accepts what the other one issued. */
    const exchange = async (one: Api, other: Api, refreshToken: string) => {
      let token = refreshToken;
      for (const [issuer, verifier] of [
        [one, other],
        [other, one],
      ] as const) {
        const grant = await issuer.refresh(token);
        expect(await verifier.statusOf(grant.access_token)).toBe(200);
        token = grant.refresh_token;
      }
      return token;
    };

    const before = await start(old);
    const account = await before.register();
    const kept = (await before.signIn(account)).refresh_token;
    let token = (await before.signIn(account)).refresh_token;
    const accepting = await start(old, fresh);
    token = await exchange(before, accepting, token);
    const moving = await start(fresh, old);
    expect(await statesAt(moving)).toMatchObject([{ master_key: 'previous' }]);
    token = await exchange(accepting, moving, token);
    const { signingKeys } = createRoundOf(moving, [fresh, old]);
    expect([await signingKeys.reseal(), await signingKeys.reseal()]).toEqual([1, 0]);
    expect(await statesAt(moving)).toMatchObject([{ master_key: 'current' }]);
    token = await exchange(accepting, moving, token);
    // An instance that only has the new key starts, and accepts what was refreshed under it.
    token = (await moving.refresh(token)).refresh_token;
    const moved = await start(fresh);
    token = await exchange(moving, moved, token);
    // A token that was never refreshed is under the old key: valid as long as that key is configured.
    expect((await moved.tryRefresh(kept)).statusCode).toBe(401);
    expect((await moving.refresh(kept)).refresh_token).toMatch(/^urt_/);
  });
});

describe('what depends on the previous master key', () => {
  it('is counted, and falls to 0 as it is sealed again, ends or expires', async () => {
    const connection = (await createTestDatabase()).connectionOptions;
    const [old, fresh] = [createMasterKey(), createMasterKey()];
    const start = async (current: string, previous?: string) => {
      const env = {
        SECURITY_MASTER_KEY: current,
        ...(previous === undefined ? {} : { SECURITY_MASTER_KEY_PREVIOUS: previous }),
      };
      const app = await createTestApp({ database: 'postgres', connection, env });
      onTestFinished(async () => void (await app.stop()));
      await app.listen();
      return createApi(app);
    };
    const stateAt = async ({ app }: Api): Promise<Record<string, unknown>> => {
      const operator = await app.operator();
      return (await operator.inject({ method: 'GET', url: '/v1/previous-master-key' })).json();
    };

    const before = await start(old);
    expect(await stateAt(before)).toMatchObject({ state: 'not_configured' });
    const accepting = await start(old, fresh);
    // The new key has sealed nothing, and nothing else is stored yet that it could have sealed.
    expect(await stateAt(accepting)).toMatchObject({ state: 'not_needed', last_used_at: null });
    const account = await before.register();
    const [one, other] = [await before.signIn(account), await before.signIn(account)];
    // Whether a build that records no use has sealed them with that key cannot be seen.
    expect(await stateAt(accepting)).toMatchObject({
      ...{ state: 'unknown', last_used_at: null, signing_keys: 0 },
      ...{ sessions: 2, challenges: 1 },
    });
    const operator = await before.app.operator();
    const payload = { url: 'https://hooks.example.com/' };
    await operator.inject({ method: 'POST', url: '/v1/webhook-endpoints', payload });
    await before.app.stop();
    await accepting.app.stop();

    const moved = await start(fresh, old);
    await eventually(async () => {
      expect(await stateAt(moved)).toMatchObject({
        ...{ state: 'in_use', last_used_at: expect.any(String), signing_keys: 0 },
        ...{ webhook_secrets: 0, sessions: 2, challenges: 1, answers: 0, invitations: 0 },
      });
    });
    const { query } = moved.app.database;
    for (const [table, time] of [
      ...[['master_key_uses', 'last_used_at'] as const, ['sessions', 'created_at'] as const],
      ...[['challenges', 'created_at'] as const, ['mail_queue', 'created_at'] as const],
    ]) {
      await query(`update ${table} set ${time} = ${time} - interval '10 min'`);
    }
    const later = await moved.signIn(account);
    expect(await stateAt(moved)).toMatchObject({ state: 'in_use', sessions: 2, challenges: 1 });
    const { refresh_token: kept } = await moved.refresh(one.refresh_token);
    expect(await stateAt(moved)).toMatchObject({ state: 'in_use', sessions: 1 });
    await moved.refresh(other.refresh_token);
    expect(await stateAt(moved)).toMatchObject({ state: 'in_use', sessions: 0 });
    await query('update challenges set expires_at = now()');
    expect(await stateAt(moved)).toEqual({
      ...{ state: 'not_needed', last_used_at: expect.any(String), signing_keys: 0 },
      ...{ webhook_secrets: 0 },
      ...{ sessions: 0, mails: 0, answers: 0, challenges: 0, invitations: 0 },
    });
    await moved.app.stop();
    const done = await start(fresh);
    for (const token of [kept, later.refresh_token]) {
      expect((await done.tryRefresh(token)).statusCode).toBe(200);
    }
  }, 60_000);
});

/** What the rotation of an instance with these master keys works on. */
function createRoundOf({ app }: Api, [current, previous]: readonly [string, string]) {
  const masterKeys = createMasterKeys(
    Buffer.from(current, 'base64'),
    Buffer.from(previous, 'base64'),
  );
  const signingKeys = createSigningKeys({
    store: createPostgresSigningKeyStore(app.database),
    algorithm: 'EdDSA',
    encryptionKeys: masterKeys.derive('signing-key-encryption'),
    refresh: async () => {},
  });
  return { signingKeys };
}

function kidOf(token: string): string {
  const [header = ''] = token.split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid;
}
