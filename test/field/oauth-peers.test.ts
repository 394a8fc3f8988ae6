import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { describe, expect, it } from 'vitest';
import { createApi, patientHashing } from '../support/api.ts';
import { createTestApp } from '../support/app.ts';
import { findFreePort } from '../support/free-port.ts';

/** A listening service whose public URL is its address: libraries compare the issuer with the URL that they asked. */
async function startService(path = '') {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const app = await createTestApp({
    database: 'embedded',
    env: {
      ...patientHashing,
      ...{ SERVER_PORT: String(port), SERVER_PUBLIC_URL: `${url}${path}` },
      TOKENS_AUDIENCE: 'user-service,billing',
    },
  });
  await app.listen();
  return { app, api: createApi(app), url };
}

const insecure = { execute: [client.allowInsecureRequests] };

describe('openid-client and jose, which know only the standards', () => {
  it('discover, get tokens of a service, verify them offline, introspect and revoke', async () => {
    const { app, api, url } = await startService();
    try {
      const account = await api.createService('users:read', 'tokens:introspect');
      for (const authentication of [client.ClientSecretBasic, client.ClientSecretPost]) {
        const config = await client.discovery(
          new URL(url),
          account.id,
          undefined,
          authentication(account.key),
          insecure,
        );
        const granted = await client.clientCredentialsGrant(config, {
          ...{ scope: 'users:read', resource: 'billing' },
        });
        expect(granted).toMatchObject({ scope: 'users:read', token_type: 'bearer' });
        expect(granted.refresh_token).toBeUndefined();
        const { jwks_uri: keys, issuer } = config.serverMetadata();
        const { payload } = await jwtVerify(
          granted.access_token,
          createRemoteJWKSet(new URL(String(keys))),
          {
            ...{ issuer, audience: 'billing', typ: 'at+jwt', algorithms: ['EdDSA'] },
            requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti', 'scope'],
          },
        );
        expect([payload.sub, payload.client_id]).toEqual([account.id, account.id]);
      }

      const config = await client.discovery(
        new URL(url),
        account.id,
        undefined,
        client.ClientSecretBasic(account.key),
        { ...insecure, algorithm: 'oauth2' },
      );
      const user = await api.register();
      const grant = await api.signIn(user);
      expect(await client.tokenIntrospection(config, grant.access_token)).toMatchObject({
        ...{ active: true, sub: user.id, sid: grant.session_id },
      });
      await expect(client.refreshTokenGrant(config, grant.refresh_token)).rejects.toMatchObject({
        error: 'unauthorized_client',
      });

      const users = await client.discovery(
        new URL(url),
        'first-party',
        undefined,
        client.None(),
        insecure,
      );
      const refreshed = await client.refreshTokenGrant(users, grant.refresh_token);
      expect(await api.statusOf(refreshed.access_token)).toBe(200);
      await client.tokenRevocation(users, String(refreshed.refresh_token));
      expect(await api.statusOf(refreshed.access_token)).toBe(401);
      expect(await client.tokenIntrospection(config, refreshed.access_token)).toEqual({
        active: false,
      });
      await expect(
        client.refreshTokenGrant(users, String(refreshed.refresh_token)),
      ).rejects.toMatchObject({ error: 'invalid_grant', status: 400 });
    } finally {
      await app.stop();
    }
  }, 120_000);

  it('find the metadata of an issuer with a path in front of it and behind it', async () => {
    const { app, url } = await startService('/accounts');
    try {
      const behind = await fetch(`${url}/.well-known/oauth-authorization-server/accounts`);
      const inFront = await fetch(`${url}/.well-known/oauth-authorization-server`);
      const metadata = await behind.json();
      expect(await inFront.json()).toEqual(metadata);
      expect(metadata).toMatchObject({
        issuer: `${url}/accounts`,
        token_endpoint: `${url}/accounts/v1/oauth/token`,
        jwks_uri: `${url}/accounts/.well-known/jwks.json`,
        response_types_supported: [],
      });
      expect(metadata).not.toHaveProperty('authorization_endpoint');
      const openid = await fetch(`${url}/.well-known/openid-configuration`);
      expect(await openid.json()).toEqual(metadata);
      expect(openid.headers.get('cache-control')).toBe('public, max-age=300');
    } finally {
      await app.stop();
    }
  }, 120_000);
});
