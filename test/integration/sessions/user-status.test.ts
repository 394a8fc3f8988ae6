import { describe, expect, it, onTestFinished } from 'vitest';
import { USER_STATUSES } from '../../../src/domain/user/user.ts';
import type { Access } from '../../../src/interfaces/api/access.ts';
import { operatorRoutes, publicRoutes } from '../../../src/interfaces/http/route-table.ts';
import { endpoints } from '../../../src/interfaces/nats/endpoints.ts';
import {
  type Account,
  type Api,
  codeOf,
  createApi,
  type Grant,
  patientHashing,
} from '../../support/api.ts';
import { APP_DATABASES, createMasterKey, createTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const inactive = USER_STATUSES.filter((status) => status !== 'active');
const routes = publicRoutes({ managementSeparate: false, version: '0' });

/** Public routes that take no credentials of an existing user. A new one must be judged before it joins this list. */
const WITHOUT_CREDENTIALS = [
  'registerUser',
  'lookUpInvitation',
  'getKeySet',
  'getLiveness',
  'getReadiness',
  'getHealth',
  'getMetrics',
  'getOpenApi',
  'getDocs',
  // They take a proof from a mail, which is no credential of a session.
  ...['requestEmailVerification', 'confirmEmailVerification', 'requestPasswordReset'],
  ...['confirmPasswordReset', 'confirmEmailChange', 'undoEmailChange'],
  ...['getAuthorizationServerMetadata', 'getOpenIdConfiguration'],
  // It only ends sessions.
  'revokeToken',
];

/** Starts a listening service; with a connection, one more on the same database. */
async function start(database: (typeof APP_DATABASES)[number], shared?: Shared): Promise<Api> {
  const app = await createTestApp({ database, ...shared });
  onTestFinished(async () => void (await app.stop()));
  await app.listen();
  return createApi(app);
}

type Shared = Pick<Parameters<typeof createTestApp>[0], 'connection' | 'env'>;

async function expectRefused(api: Api, account: Account, grant: Grant): Promise<void> {
  for (const route of routes) {
    if (route.access.startsWith('public')) continue;
    const url = route.path.replace('{id}', account.id).replace('{session_id}', grant.session_id);
    const answer = await api.send(route.method, url, { token: grant.access_token });
    expect(`${route.operationId} ${codeOf(answer)}`).toBe(`${route.operationId} invalid_token`);
  }
  expect(codeOf(await api.tryRefresh(grant.refresh_token))).toBe('invalid_grant');
  const exchanged = await api.app.http.inject({
    method: 'POST',
    url: '/v1/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: `grant_type=refresh_token&refresh_token=${grant.refresh_token}`,
  });
  expect([exchanged.statusCode, exchanged.json().error]).toEqual([400, 'invalid_grant']);
  expect(codeOf(await api.trySignIn(account.email, account.password))).toBe('invalid_credentials');
  const { key } = await api.createService('tokens:introspect');
  const introspected = await api.send('POST', '/v1/tokens/introspect', {
    token: key,
    body: { token: grant.access_token },
  });
  expect(introspected.json()).toEqual({ active: false });
}

describe('the doors', () => {
  it('are all known: a public route takes credentials only where this file tries it', () => {
    const open = routes
      .filter(({ access, undocumented }) => access.startsWith('public') && undocumented !== true)
      .map(({ operationId }) => operationId);
    expect(open.sort()).toEqual(
      [...WITHOUT_CREDENTIALS, 'refreshSession', 'requestToken', 'signIn'].sort(),
    );
  });

  it('over NATS and the control socket are no door of their own', () => {
    const accesses: readonly Access[] = endpoints.map(({ access }) => access);
    expect(accesses).not.toContain('user');
    expect(accesses).not.toContain('self');
    expect(new Set(operatorRoutes.map(({ access }) => access))).toEqual(new Set(['operator']));
  });
});

describe.each(APP_DATABASES)('a user whose status is not active on %s', (database) => {
  it.each(inactive)(
    'is refused at every door, whether or not the token is cached: %s',
    async (status) => {
      const shared: Shared =
        database === 'embedded'
          ? { env: patientHashing }
          : {
              connection: (await createTestDatabase()).connectionOptions,
              env: { ...patientHashing, SECURITY_MASTER_KEY: createMasterKey() },
            };
      const here = await start(database, shared);
      const account = await here.register();
      const grant = await here.signIn(account);
      expect(await here.statusOf(grant.access_token)).toBe(200);
      await here.sql('update users set status = $2, version = version + 1 where id = $1', [
        account.id,
        status,
      ]);
      await eventually(async () => expect(await here.statusOf(grant.access_token)).toBe(401), {
        timeoutMs: 5_000,
        what: 'the refusal of a cached token',
      });
      await expectRefused(here, account, grant);
      if (database === 'postgres')
        await expectRefused(await start(database, shared), account, grant);
      await here.sql(`update users set status = 'active' where id = $1`, [account.id]);
      expect(await here.statusOf(grant.access_token)).toBe(401);
      await here.signIn(account);
    },
  );

  it('has every status that the table allows', async () => {
    const api = await start(database);
    const [row] = await api.sql<{ rule: string }>(
      `select pg_get_constraintdef(oid) as rule from pg_constraint where conname = 'users_status_known'`,
    );
    const allowed = [...(row?.rule ?? '').matchAll(/'(\w+)'/g)].map(([, status]) => status);
    expect(allowed).toEqual([...USER_STATUSES]);
  });
});
