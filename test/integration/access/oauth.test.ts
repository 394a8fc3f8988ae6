import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { codeOf, patientHashing, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

const BILLING = 'https://billing.example.com';

describe.each(APP_DATABASES)('the OAuth endpoints on %s', (database) => {
  const api = useSharedApi(database, {
    env: { ...patientHashing, TOKENS_AUDIENCE: `user-service,${BILLING}` },
  });

  const post = (path: string, fields: Readonly<Record<string, string>>) =>
    api().app.http.inject({
      method: 'POST',
      url: `/v1/oauth/${path}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    });

  async function operate(method: 'POST' | 'PUT' | 'DELETE', path: string, payload?: object) {
    const operator = await api().app.operator();
    const body = payload === undefined ? {} : { payload };
    return operator.inject({ method, url: `/v1/service-accounts/${path}`, ...body });
  }

  async function serviceToken(
    { id, key }: { readonly id: string; readonly key: string },
    fields: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const answer = await post('token', {
      ...{ grant_type: 'client_credentials', client_id: id, client_secret: key },
      ...fields,
    });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json().access_token;
  }

  const list = (token: string) => api().send('GET', '/v1/users?limit=1', { token });

  async function introspect(token: string) {
    const { key } = await api().createService('tokens:introspect');
    const body = { token };
    return (await api().send('POST', '/v1/tokens/introspect', { token: key, body })).json();
  }

  it('give a service a token that says what it is, and that its scopes open routes with', async () => {
    const account = await api().createService('users:read', 'users:write');
    const token = await serviceToken(account);
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      ...{ sub: account.id, client_id: account.id, scope: 'users:read users:write' },
      ...{ aud: 'user-service', iss: 'http://service.test' },
    });
    expect(Object.keys(claims)).not.toContain('sid');
    expect((await list(token)).statusCode).toBe(200);
    const reduced = await serviceToken(account, { scope: 'users:write' });
    expect(codeOf(await list(reduced))).toBe('forbidden');
    expect(await introspect(reduced)).toMatchObject({
      ...{ active: true, sub: account.id, client_id: account.id, scope: 'users:write' },
    });
  });

  it('never take one kind of token for the other', async () => {
    const user = await api().register();
    const grant = await api().signIn(user);
    const account = await api().createService('users:read', 'users:admin', 'tokens:introspect');
    const token = await serviceToken(account);
    for (const [method, path] of [
      ['GET', '/v1/me'],
      ['GET', '/v1/sessions'],
      ['DELETE', '/v1/sessions/current'],
    ] as const) {
      expect(codeOf(await api().send(method, path, { token }))).toBe('forbidden');
    }
    const change = { token, body: { new_password: 'eleven green umbrellas' } };
    expect(codeOf(await api().send('PUT', `/v1/users/${user.id}/password`, change))).toBe(
      'forbidden',
    );
    expect(codeOf(await list(grant.access_token))).toBe('forbidden');
    expect(codeOf(await list(grant.refresh_token))).toBe('invalid_token');
    expect(codeOf(await api().tryRefresh(token))).toBe('invalid_grant');
    for (const secret of [token, grant.access_token, grant.refresh_token]) {
      const fields = { grant_type: 'client_credentials', client_id: account.id };
      const answer = await post('token', { ...fields, client_secret: secret });
      expect(answer.json().error).toBe('invalid_client');
    }
    const refresh = await post('token', { grant_type: 'refresh_token', refresh_token: token });
    expect(refresh.json().error).toBe('invalid_grant');
  });

  it('refuse the tokens of a revoked account and of an ended key at once', async () => {
    const revoked = await api().createService('users:read');
    const token = await serviceToken(revoked);
    expect((await list(token)).statusCode).toBe(200);
    expect((await operate('DELETE', revoked.id)).statusCode).toBe(204);
    expect(codeOf(await list(token))).toBe('invalid_token');
    expect(await introspect(token)).toEqual({ active: false });

    const rotated = await api().createService('users:read');
    const old = await serviceToken(rotated);
    expect((await list(old)).statusCode).toBe(200);
    const next = await operate('POST', `${rotated.id}/key-rotations`, { overlap: 0 });
    expect(next.statusCode).toBe(201);
    expect(codeOf(await list(old))).toBe('invalid_token');
    expect(codeOf(await list(rotated.key))).toBe('invalid_token');
    expect((await list(next.json().key)).statusCode).toBe(200);
  });

  it('let the former key work during the overlap, and a token live no longer than its key', async () => {
    const account = await api().createService('users:read');
    const rotation = await operate('POST', `${account.id}/key-rotations`, { overlap: 90 });
    expect(rotation.json()).toMatchObject({ expires_at: null, last_used_at: null });
    expect((await list(account.key)).statusCode).toBe(200);
    const claims = decodeJwt(await serviceToken(account));
    expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(90);
    const listed = (await (await api().app.operator()).inject('/v1/service-accounts')).json();
    const keys = listed.service_accounts.find(({ id }: { id: string }) => id === account.id).keys;
    expect(keys).toHaveLength(2);
    expect(keys[0].expires_at).toBeNull();
    expect(Date.parse(keys[1].expires_at)).toBeGreaterThan(Date.now());
  });

  it('take scopes away from keys and from tokens that were issued before', async () => {
    const account = await api().createService('users:read', 'users:write');
    const token = await serviceToken(account);
    expect((await list(token)).statusCode).toBe(200);
    const answer = await operate('PUT', `${account.id}/scopes`, { scopes: ['users:write'] });
    expect(answer.json()).toMatchObject({ id: account.id, scopes: ['users:write'] });
    for (const credential of [token, account.key]) {
      expect(codeOf(await list(credential))).toBe('forbidden');
    }
    expect(await introspect(token)).toMatchObject({ active: true, scope: 'users:write' });
  });

  it('give tokens for one of the configured audiences, and the API takes its own only', async () => {
    const user = await api().register();
    const body = { email: user.email, password: user.password, audience: BILLING };
    const signedIn = (await api().send('POST', '/v1/sessions', { body })).json();
    expect(decodeJwt(signedIn.access_token).aud).toBe(BILLING);
    expect(await api().statusOf(signedIn.access_token)).toBe(401);
    expect(await introspect(signedIn.access_token)).toMatchObject({ active: true, aud: BILLING });
    const unknown = await api().send('POST', '/v1/sessions', { body: { ...body, audience: 'x' } });
    expect(unknown.json().errors).toMatchObject([{ pointer: '/audience', code: 'audience' }]);

    const fields = { grant_type: 'refresh_token', refresh_token: signedIn.refresh_token };
    const refused = await post('token', { ...fields, audience: 'x' });
    expect(refused.json().error).toBe('invalid_target');
    const refreshed = (await post('token', { ...fields, client_id: 'first-party' })).json();
    expect(await api().statusOf(refreshed.access_token)).toBe(200);
    const account = await api().createService('users:read');
    const service = await serviceToken(account, { resource: BILLING });
    expect(decodeJwt(service).aud).toBe(BILLING);
    expect(codeOf(await list(service))).toBe('invalid_token');
  });

  it('revoke the session of an access token, of a refresh token, and of one that was replaced', async () => {
    const user = await api().register();
    for (const pick of ['access', 'refresh', 'replaced'] as const) {
      const grant = await api().signIn(user);
      const next = pick === 'replaced' ? await api().refresh(grant.refresh_token) : grant;
      const token = pick === 'access' ? grant.access_token : grant.refresh_token;
      const answer = await post('revoke', { token, token_type_hint: 'anything' });
      expect([answer.statusCode, answer.body]).toEqual([200, '']);
      expect(await api().statusOf(next.access_token)).toBe(401);
      expect(codeOf(await api().tryRefresh(next.refresh_token))).toBe('invalid_grant');
      expect((await post('revoke', { token })).statusCode).toBe(200);
    }
    const service = await serviceToken(await api().createService('users:read'));
    expect((await post('revoke', { token: service })).json().error).toBe('unsupported_token_type');
    expect((await list(service)).statusCode).toBe(200);
  });

  it('refresh as the own route does: with a grace for a lost response, and an end for a reuse', async () => {
    const grant = await api().signIn(await api().register());
    const refresh = async (refresh_token: string) =>
      (await post('token', { grant_type: 'refresh_token', refresh_token })).json();
    const first = await refresh(grant.refresh_token);
    const repeated = await refresh(grant.refresh_token);
    expect(repeated.refresh_token).toBe(first.refresh_token);
    const second = await refresh(first.refresh_token);
    expect((await refresh(grant.refresh_token)).error).toBe('invalid_grant');
    expect(await api().statusOf(second.access_token)).toBe(401);
  });
});
