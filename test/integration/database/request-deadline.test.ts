import { expect, onTestFinished, test } from 'vitest';
import { codeOf, createApi, patientHashing } from '../../support/api.ts';
import { createMasterKey, createTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { runStatement } from '../../support/superuser.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** Each statement takes this much longer; a change of the address has at least five of them, one after the other. */
const DELAY_MS = 400;
const DEADLINE_MS = 1_000;

test('a change that a slow database cannot finish in time is rejected, and is not stored later', async () => {
  const { connectionOptions } = await createTestDatabase();
  const proxy = await startTcpProxy({ targetPort: connectionOptions.port });
  onTestFinished(() => proxy.stop());
  const app = await createTestApp({
    database: 'postgres',
    connection: { ...connectionOptions, port: proxy.port },
    env: {
      ...patientHashing,
      SECURITY_MASTER_KEY: createMasterKey(),
      SERVER_REQUEST_DEADLINE: `${DEADLINE_MS}ms`,
    },
  });
  onTestFinished(async () => void (await app.stop()));
  const api = createApi(app);
  const account = await api.register();
  const { key } = await api.createService('users:write');
  const stored = async () =>
    (await runStatement(connectionOptions, 'select version, email from users'))[0];
  const before = await stored();
  const change = (email: string) =>
    api.send('PATCH', `/v1/users/${account.id}`, { token: key, body: { email } });

  proxy.delay(DELAY_MS);
  const began = performance.now();
  const late = await change('late@example.com');
  const tookMs = performance.now() - began;
  expect([late.statusCode, codeOf(late)]).toEqual([503, 'unavailable']);
  // The work would have taken longer than this.
  expect(tookMs).toBeLessThan(5 * DELAY_MS);
  proxy.delay(0);
  // A later change waits for the row, so it is stored after whatever the first one did.
  await eventually(
    async () => void expect((await change('next@example.com')).statusCode).toBe(200),
    {
      timeoutMs: 10_000,
    },
  );
  expect(await stored()).toEqual({
    version: Number(before?.version) + 1,
    email: 'next@example.com',
  });
});
