import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createRedisCache } from '../../../src/infrastructure/cache/redis-cache.ts';
import type { RedisSettings } from '../../../src/infrastructure/cache/redis-client.ts';
import { monotonicMs } from '../../../src/infrastructure/system/monotonic.ts';
import { createCertificates, type TestCertificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

function useCache(settings: RedisSettings) {
  const redis = createRedisCache(settings, {
    logger: createSilentLogger(),
    nowMs: monotonicMs,
    deadlineMs: 2_000,
  });
  onTestFinished(() => redis.close());
  return redis;
}

/** Runs each kind of command. */
async function expectWorks(settings: RedisSettings): Promise<void> {
  const { cache, health } = useCache(settings);
  await eventually(() => health.check(AbortSignal.timeout(1_000)));
  const found = await cache.get('a');
  const isKept = found.kind === 'lease' && (await cache.fill('a', found.lease, 'x', 1_000));
  expect(isKept).toBe(true);
  expect(await cache.get('a')).toEqual({ kind: 'hit', value: 'x' });
  expect((await cache.getMany(['a', 'b'])).map(({ kind }) => kind)).toEqual(['hit', 'lease']);
  await cache.invalidate(['a', 'b']);
}

async function expectRefused(settings: RedisSettings, server: RedisServer): Promise<void> {
  const { cache, health } = useCache(settings);
  await expect(
    eventually(() => health.check(AbortSignal.timeout(500)), { timeoutMs: 1_000 }),
  ).rejects.toThrow();
  await expect(cache.get('a')).rejects.toThrow();
  expect(server.log()).not.toContain('crashed');
}

/** The rights in deploy/redis-users.acl, for the key prefix of the tests. */
const RIGHTS = '~test:* resetchannels -@all +get +mget +set +del +eval +evalsha +time +ping +info';

describe('a Redis with TLS and an ACL user', () => {
  let certificates: TestCertificates;
  let server: RedisServer;
  let settings: RedisSettings;

  beforeAll(async () => {
    certificates = await createCertificates();
    server = await startRedis({
      tls: { ...certificates.server, caPath: certificates.ca.certificatePath },
      settings: [
        ['user', 'default off'],
        ['user', `service on >secret ${RIGHTS}`],
      ],
    });
    settings = {
      ...server.settings,
      username: 'service',
      password: 'secret',
      tls: true,
      tlsCa: certificates.ca.certificatePath,
    };
  });
  afterAll(async () => {
    await server?.stop();
    await certificates?.remove();
  });

  test('works with rights on the service’s keys only', () => expectWorks(settings));

  test('works with a client certificate and an expected server name', () =>
    expectWorks({
      ...settings,
      tlsCert: certificates.client.certificatePath,
      tlsKey: certificates.client.privateKeyPath,
      tlsServerName: 'localhost',
    }));

  test('is not trusted when another CA signed its certificate', () =>
    expectRefused({ ...settings, tlsCa: certificates.otherCa.certificatePath }, server));

  test('is not trusted under a name that its certificate lacks', () =>
    expectRefused({ ...settings, tlsServerName: 'elsewhere.test' }, server));

  test('that rejects the password counts as unreachable, and nothing crashes', () =>
    expectRefused({ ...settings, password: 'wrong' }, server));

  test('a missing TLS file is reported at once', () => {
    expect(() => useCache({ ...settings, tlsCa: '/nonexistent/ca.pem' })).toThrow(/ENOENT/);
  });
});

test('the database number is used', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { cache, health } = useCache({ ...server.settings, db: 3 });
  await eventually(() => health.check(AbortSignal.timeout(1_000)));
  await cache.get('a');
  expect(String(await server.command('INFO', 'keyspace'))).toMatch(/db3:keys=1,/);
});

test('a batch, and a hundred concurrent look-ups, use one command and one script for the missing keys', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { cache, health } = useCache(server.settings);
  await eventually(() => health.check(AbortSignal.timeout(1_000)));
  await server.command('CONFIG', 'RESETSTAT'); // the health check runs commands, too
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
  const count = async (): Promise<Record<string, number>> => {
    const stats = String(await server.command('INFO', 'commandstats'));
    const calls = [...stats.matchAll(/cmdstat_(mget|get|eval|evalsha):calls=(\d+)/g)];
    return Object.fromEntries(calls.map(([, name = '', number]) => [name, Number(number)]));
  };
  const leased = await cache.getMany(keys);
  // Redis also counts the commands that a script calls.
  expect(await count()).toEqual({ mget: 1, eval: 1, get: 100 });
  await cache.fillMany(
    leased.flatMap((found, index) =>
      found.kind === 'lease'
        ? [{ key: keys[index] ?? '', lease: found.lease, value: 'v', ttlMs: 60_000 }]
        : [],
    ),
  );
  expect(await count()).toEqual({ mget: 1, eval: 2, get: 200 });
  const found = await Promise.all(keys.map((key) => cache.get(key)));
  expect(found.every(({ kind }) => kind === 'hit')).toBe(true);
  expect(await count()).toEqual({ mget: 2, eval: 2, get: 200 });
  const batches = await Promise.all([0, 1, 2, 3, 4].map(() => cache.getMany(keys)));
  expect(batches.flat().every(({ kind }) => kind === 'hit')).toBe(true);
  expect(await count()).toEqual({ mget: 3, eval: 2, get: 200 });
});
