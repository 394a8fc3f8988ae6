import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, createApi, patientHashing } from '../../support/api.ts';
import { createMasterKey, createTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** The documented 5 s, with room for the pauses of a busy machine. */
const WITHIN = { timeoutMs: 7_000, intervalMs: 50, what: 'the change on the other instance' };

// The tests wait for the other instance most of the time, each with a service account of its own: they run side by side.
describe.concurrent.each(['PostgreSQL alone', 'PostgreSQL and Redis'])(
  'two instances on %s, with a service key that both have in use',
  (stores) => {
    let here: Api;
    let there: Api;
    let redis: RedisServer | null = null;

    beforeAll(async () => {
      redis = stores.includes('Redis') ? await startRedis() : null;
      const connection = (await createTestDatabase()).connectionOptions;
      const env = {
        ...{ ...patientHashing, SECURITY_MASTER_KEY: createMasterKey() },
        ...(redis === null ? {} : { REDIS_URL: `redis://127.0.0.1:${redis.port}` }),
      };
      const apps = [
        await createTestApp({ database: 'postgres', connection, env }),
        await createTestApp({ database: 'postgres', connection, env }),
      ] as const;
      for (const app of apps) await app.listen();
      [here, there] = [createApi(apps[0]), createApi(apps[1])];
    });

    afterAll(async () => {
      await here?.app.stop();
      await there?.app.stop();
      await redis?.stop();
    });

    const statusAt = async (api: Api, token: string): Promise<number> =>
      (await api.send('GET', '/v1/users?limit=1', { token })).statusCode;
    const govern = async (method: 'PUT' | 'POST' | 'DELETE', path: string, payload?: object) => {
      const url = `/v1/service-accounts/${path}`;
      const operator = await here.app.operator();
      return await operator.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    };

    async function keyInUse() {
      const made = await here.createService('users:read');
      expect([await statusAt(here, made.key), await statusAt(there, made.key)]).toEqual([200, 200]);
      return made;
    }

    async function expectSoonThere(key: string, status: number): Promise<void> {
      expect(await statusAt(here, key)).toBe(status);
      await eventually(async () => expect(await statusAt(there, key)).toBe(status), WITHIN);
    }

    it('new scopes hold at once here, and soon there, fewer and more', async () => {
      const { id, key } = await keyInUse();
      const fewer = await govern('PUT', `${id}/scopes`, { scopes: ['tokens:introspect'] });
      expect(fewer.statusCode).toBe(200);
      await expectSoonThere(key, 403);
      const more = await govern('PUT', `${id}/scopes`, { scopes: ['users:read', 'users:write'] });
      expect(more.statusCode).toBe(200);
      await expectSoonThere(key, 200);
    });

    it('a revoked account is refused at once here, and soon there', async () => {
      const { id, key } = await keyInUse();
      expect((await govern('DELETE', id)).statusCode).toBe(204);
      await expectSoonThere(key, 401);
    });

    it('an expired key is refused soon on both', async () => {
      const { id, key } = await keyInUse();
      await here.sql(
        'update service_account_keys set expires_at = now() where service_account_id = $1',
        [id],
      );
      for (const api of [here, there]) {
        await eventually(async () => expect(await statusAt(api, key)).toBe(401), WITHIN);
      }
    });

    it('a rotation with overlap leaves both keys good on both; without it, only the new one', async () => {
      const { id, key: first } = await keyInUse();
      const rotate = async (overlap: number): Promise<string> => {
        const rotated = await govern('POST', `${id}/key-rotations`, { overlap });
        expect(rotated.statusCode, rotated.body).toBe(201);
        return rotated.json<{ key: string }>().key;
      };
      const second = await rotate(3_600);
      for (const api of [here, there]) {
        expect([await statusAt(api, first), await statusAt(api, second)]).toEqual([200, 200]);
      }
      const third = await rotate(0);
      expect(await statusAt(there, third)).toBe(200);
      for (const old of [first, second]) await expectSoonThere(old, 401);
      expect([await statusAt(here, third), await statusAt(there, third)]).toEqual([200, 200]);
    });
  },
);
