import { expect, onTestFinished, test } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** The claim with the credentials; then lock, counter, older sessions, session, and the event with the commit. */
const ROUND_TRIPS = 6;

test('counting a sign-in costs no round trip of its own before the password is judged', async () => {
  const { connectionOptions } = await createTestDatabase();
  const proxy = await startTcpProxy({ targetPort: connectionOptions.port });
  onTestFinished(() => proxy.stop());
  const connection = { ...connectionOptions, port: proxy.port };
  const api = createApi(
    await useTestApp({ database: 'postgres', connection, env: patientHashing }),
  );
  const account = await api.register();
  const roundTripsOf = async (password: string, status: number): Promise<number> => {
    const before = proxy.roundTrips();
    expect((await api.trySignIn(account.email, password)).statusCode).toBe(status);
    return proxy.roundTrips() - before;
  };
  // The first ones prepare the statements.
  await roundTripsOf(account.password, 201);
  await roundTripsOf('not this one at all', 401);
  expect(await roundTripsOf(account.password, 201)).toBe(ROUND_TRIPS);
  // The claim, the event, and its commit.
  expect(await roundTripsOf('not this one at all', 401)).toBe(3);
});
