import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { bearerAuth as expressAuth } from '@user-service/client/express';
import { bearerAuth as fastifyAuth } from '@user-service/client/fastify';
import { authorizeRequest, bearerAuth as honoAuth } from '@user-service/client/hono';
import { bearerAuth as httpAuth } from '@user-service/client/http';
import type { Verified, VerifiedUser, Verifier } from '@user-service/client/verify';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type RunningService, startRunningService } from './running-service.ts';

/**
 * A server with four routes: `/user` for users, `/service` for services with the scope `orders:read`, `/any` for both,
 * `/recent` for users who proved their password in the last five minutes.
 */
type Framework = (verifier: Verifier) => Promise<RequestListener> | RequestListener;

const SERVICE = { allow: 'service', scopes: ['orders:read'] } as const;
const ANY = { allow: 'any' } as const;
const RECENT = { maxAgeSeconds: 300 } as const;

/** All that a handler is told; its types say that nothing is missing. */
function toldUser({ id, sessionId, scopes, claims }: VerifiedUser) {
  return { id, session: sessionId.length, scopes, issuer: claims.iss };
}
const toldPrincipal = ({ kind, id }: Verified) => ({ kind, id });

const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  async fastify(verifier) {
    const app = fastify();
    await app.register(fastifyAuth, { verifier });
    app.get('/user', (request) => toldUser(request.user));
    app.get('/service', { config: { auth: SERVICE } }, (request) =>
      toldPrincipal(request.principal),
    );
    app.get('/any', { config: { auth: ANY } }, (request) => toldPrincipal(request.principal));
    app.get('/recent', { config: { auth: RECENT } }, (request) => toldUser(request.user));
    await app.ready();
    onTestFinished(() => app.close());
    return (request, response) => app.routing(request, response);
  },
  express(verifier) {
    const app = express();
    app.get('/user', expressAuth(verifier), (request, response) => {
      response.json(toldUser(request.user));
    });
    app.get('/service', expressAuth(verifier, SERVICE), (request, response) => {
      response.json(toldPrincipal(request.principal));
    });
    app.get('/any', expressAuth(verifier, ANY), (request, response) => {
      response.json(toldPrincipal(request.principal));
    });
    app.get('/recent', expressAuth(verifier, RECENT), (request, response) => {
      response.json(toldUser(request.user));
    });
    return app;
  },
  hono(verifier) {
    const app = new Hono()
      .get('/user', honoAuth(verifier), (context) => context.json(toldUser(context.var.user)))
      .get('/service', honoAuth(verifier, SERVICE), (context) => {
        const { principal } = context.var;
        return context.json({ ...toldPrincipal(principal), key: principal.keyId.length });
      })
      .get('/any', honoAuth(verifier, ANY), (context) =>
        context.json(toldPrincipal(context.var.principal)),
      )
      .get('/recent', honoAuth(verifier, RECENT), (context) =>
        context.json(toldUser(context.var.user)),
      );
    return getRequestListener(app.fetch);
  },
  'the Fetch API'(verifier) {
    return getRequestListener(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/user' || pathname === '/recent') {
        const requirements = pathname === '/user' ? {} : RECENT;
        const result = await authorizeRequest(verifier, request, requirements);
        return result.ok ? Response.json(toldUser(result.data)) : result.response;
      }
      const result = await authorizeRequest(verifier, request, pathname === '/any' ? ANY : SERVICE);
      return result.ok ? Response.json(toldPrincipal(result.data)) : result.response;
    });
  },
  'node:http'(verifier) {
    const routes: Readonly<Record<string, RequestListener>> = {
      '/user': httpAuth(verifier, (_, response, user) => {
        response.end(JSON.stringify(toldUser(user)));
      }),
      '/service': httpAuth(
        verifier,
        (_, response, service) => {
          response.end(JSON.stringify({ ...toldPrincipal(service), key: service.keyId.length }));
        },
        SERVICE,
      ),
      '/any': httpAuth(
        verifier,
        (_, response, caller) => {
          response.end(JSON.stringify(toldPrincipal(caller)));
        },
        ANY,
      ),
      '/recent': httpAuth(
        verifier,
        (_, response, user) => {
          response.end(JSON.stringify(toldUser(user)));
        },
        RECENT,
      ),
    };
    return (request, response) => routes[request.url ?? '']?.(request, response);
  },
};

let service: RunningService;
let user: Awaited<ReturnType<RunningService['signIn']>>;
let account: Awaited<ReturnType<RunningService['serviceToken']>>;
let verifier: Verifier;

beforeAll(async () => {
  service = await startRunningService();
  user = await service.signIn();
  account = await service.serviceToken('users:read');
});
afterAll(async () => void (await service?.stop()));

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function get(url: string, authorization?: string) {
  const response = await fetch(url, {
    headers: authorization === undefined ? {} : { authorization },
  });
  const { status, headers } = response;
  return {
    ...{ status, body: (await response.json()) as Record<string, unknown> },
    challenge: headers.get('www-authenticate'),
    type: headers.get('content-type'),
    cache: headers.get('cache-control'),
    retryAfter: headers.get('retry-after'),
  };
}

const problem = (status: number, code: string, challenge: string | null) => ({
  ...{
    status,
    challenge,
    type: expect.stringMatching(/^application\/problem\+json/),
    cache: 'no-store',
  },
  body: { status, code, type: `urn:user-service:problem:${code}` },
});
const INVALID = problem(401, 'invalid_token', 'Bearer error="invalid_token"');
const MISSING = problem(401, 'unauthenticated', 'Bearer');
const WRONG_KIND = problem(403, 'forbidden', 'Bearer error="insufficient_scope"');

describe.each(Object.entries(FRAMEWORKS))('%s', (_, create) => {
  async function start(make: () => Verifier = () => service.verifier()): Promise<string> {
    verifier = make();
    return listen(await create(verifier));
  }

  test('tells the handler who the user is', async () => {
    const url = await start();
    const told = { id: user.userId, session: 36, scopes: [], issuer: 'http://service.test' };
    // The first check waits for the keys, the second one has its result at once.
    for (const scheme of ['Bearer', 'bEARER']) {
      const answer = await get(`${url}/user`, `${scheme} ${user.token}`);
      expect(answer).toMatchObject({ status: 200, body: told });
    }
    expect(verifier.stats().tokens).toMatchObject({ hits: 1, signatures: 1 });
    const any = await get(`${url}/any`, `Bearer ${user.token}`);
    expect(any.body).toEqual({ kind: 'user', id: user.userId });
    const recent = await get(`${url}/recent`, `Bearer ${user.token}`);
    expect(recent.status).toBe(200);
  });

  test('refuses requests without a token, and tokens that are not valid', async () => {
    const url = await start();
    expect(await get(`${url}/user`)).toMatchObject(MISSING);
    expect(await get(`${url}/user`, 'Basic YWRhOmFkYQ==')).toMatchObject(MISSING);
    // A token without its scheme is no credential.
    expect(await get(`${url}/user`, user.token)).toMatchObject(MISSING);
    expect(await get(`${url}/user`, 'Bearer')).toMatchObject(MISSING);
    expect(await get(`${url}/user`, `Bearer ${user.token}x`)).toMatchObject(INVALID);
    expect(await get(`${url}/any`, 'Bearer x')).toMatchObject(INVALID);
  });

  test('keeps users and services apart, and asks for scopes', async () => {
    const url = await start();
    expect(await get(`${url}/user`, `Bearer ${account.token}`)).toMatchObject(WRONG_KIND);
    expect(await get(`${url}/service`, `Bearer ${user.token}`)).toMatchObject(WRONG_KIND);
    const lacking = await get(`${url}/service`, `Bearer ${account.token}`);
    const challenge = 'Bearer error="insufficient_scope", scope="orders:read"';
    expect(lacking).toMatchObject(problem(403, 'forbidden', challenge));
    const any = await get(`${url}/any`, `Bearer ${account.token}`);
    expect(any.body).toEqual({ kind: 'service', id: account.id });
  });

  test('asks for a recent authentication', async () => {
    const url = await start();
    const { token } = await agedSession();
    expect((await get(`${url}/user`, `Bearer ${token}`)).status).toBe(200);
    const challenge = 'Bearer error="insufficient_user_authentication", max_age="300"';
    expect(await get(`${url}/recent`, `Bearer ${token}`)).toMatchObject(
      problem(401, 'step_up_required', challenge),
    );
  });

  test('answers 503 while revocations may be missing', async () => {
    const url = await start(() =>
      service.verifier({
        revocations: { http: { url: service.url, key: 'usk_wrong' }, maxStalenessMs: 1_000 },
      }),
    );
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      expect(await get(`${url}/user`, `Bearer ${user.token}`)).toMatchObject({
        ...problem(503, 'unavailable', null),
        retryAfter: '1',
      });
    }
  });
});

/** A session whose password was proved an hour ago, and a token of it. */
async function agedSession(): Promise<{ readonly token: string }> {
  const account = await service.api.register();
  const grant = await service.api.signIn(account);
  await service.api.ageSession(grant.session_id);
  const refreshed = await service.api.refresh(grant.refresh_token);
  return { token: refreshed.access_token };
}

test('hono: a service with the scope gets through, and the handler knows its key', async () => {
  const scoped = await service.serviceToken('events:read');
  const app = new Hono().get(
    '/',
    honoAuth(service.verifier(), { allow: 'service', scopes: ['events:read'] }),
    (context) => context.json({ key: context.var.principal.keyId.length }),
  );
  const response = await app.request('/', { headers: { authorization: `Bearer ${scoped.token}` } });
  expect(await response.json()).toEqual({ key: 36 });
});

describe('fastify, with the options of a verifier', () => {
  test('protects every route of its scope, and not those that are public', async () => {
    const app = fastify();
    onTestFinished(() => app.close());
    app.get('/before', (request) => toldUser(request.user));
    await app.register(fastifyAuth, {
      ...{ issuer: 'http://service.test', audience: 'user-service' },
      jwksUrl: `${service.url}/.well-known/jwks.json`,
    });
    app.get('/public', { config: { auth: false } }, () => 'hello');
    app.get('/broken', { config: { auth: false } }, (request) => toldUser(request.user));
    app.get('/any', { config: { auth: ANY } }, (request) => toldUser(request.user));
    await app.register(
      async (child) => void child.get('/child', (request) => toldUser(request.user)),
    );
    const status = async (url: string, token?: string) =>
      (
        await app.inject({
          url,
          headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        })
      ).statusCode;
    for (const url of ['/before', '/child', '/not-there', '/any'])
      expect(await status(url)).toBe(401);
    for (const url of ['/before', '/child', '/any'])
      expect(await status(url, user.token)).toBe(200);
    expect(await status('/not-there', user.token)).toBe(404);
    expect(await status('/public')).toBe(200);
    // No handler takes a missing user for one.
    expect(await status('/broken', user.token)).toBe(500);
    expect(await status('/any', account.token)).toBe(500);
  });

  test('refuses requirements that would protect nothing', async () => {
    const app = fastify();
    onTestFinished(() => app.close());
    await app.register(fastifyAuth, { verifier: service.verifier() });
    const auth = { scopes: 'orders:read' as unknown as readonly string[] };
    expect(() => app.get('/', { config: { auth } }, () => '')).toThrow('scopes: a list of scopes');
  });
});
