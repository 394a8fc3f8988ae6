import { expect, test } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { runStatement } from '../../support/superuser.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/**
 * New sessions of the database are read-only, as on a standby; those opened before keep their mode, as the connections
 * of a pool lead to a demoted primary after its name leads to the new one.
 */
test('a read-only server: degraded with the reason, ready, reads work, changes get 503; over without a restart', async () => {
  const { connectionOptions: connection } = await createTestDatabase();
  const admin = { ...connection, database: 'postgres' };
  const mode = (setting: 'on' | 'off') =>
    runStatement(
      admin,
      `alter database ${connection.database} set default_transaction_read_only = ${setting}`,
    );
  const api = createApi(
    await useTestApp({ database: 'postgres', connection, env: patientHashing }),
  );
  const account = await api.register();
  const { access_token: token } = await api.signIn(account);
  const change = () =>
    api.send('PATCH', `/v1/users/${account.id}`, { token, body: { last_name: 'Later' } });
  const health = async () => (await api.send('GET', '/health')).json();

  await mode('on');
  await runStatement(
    admin,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${connection.database}'`,
  );
  await eventually(async () =>
    expect(await health()).toMatchObject({
      status: 'degraded',
      checks: { database: { status: 'ok', reason: 'read_only' } },
    }),
  );
  expect((await api.send('GET', '/health/ready')).statusCode).toBe(200);
  expect((await api.send('GET', `/v1/users/${account.id}`, { token })).statusCode).toBe(200);
  const metrics = await api.send('GET', '/metrics');
  expect(metrics.body).toMatch(/^user_service_database_read_only 1$/m);
  // Several connections are open, all read-only.
  for (const answer of await Promise.all(Array.from({ length: 8 }, change))) {
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toMatchObject({
      code: 'unavailable',
      detail: expect.stringContaining('read-only'),
    });
  }

  await mode('off');
  await eventually(async () => expect((await change()).statusCode).toBe(200));
  await eventually(async () => {
    const report = await health();
    expect(report.status).toBe('ok');
    expect(report.checks.database).not.toHaveProperty('reason');
  });
});
