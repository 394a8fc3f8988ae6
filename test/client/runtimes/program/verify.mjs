import { bearerAuth as expressAuth } from '@user-service/client/express';
import { bearerAuth as fastifyAuth } from '@user-service/client/fastify';
import { authorizeRequest, bearerAuth as honoAuth } from '@user-service/client/hono';
import { bearerAuth as httpAuth } from '@user-service/client/http';
import { createVerifier } from '@user-service/client/verify';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { accessTokenOf, client, key, register, statusOf, until, url, withServer } from './kit.mjs';

const access = { url, key };

async function withVerifier(options, work) {
  const verifier = createVerifier({ issuer: url, audience: 'user-service', ...options });
  try {
    return await work(verifier);
  } finally {
    await verifier.close();
  }
}

function told(result) {
  return result.ok ? result.data.kind : (result.problem.reason ?? result.problem.code);
}

/** Tokens before and after their session ends, by the feed, and by introspection where there is no feed. */
export async function verification() {
  const user = await register('Ada');
  const token = await accessTokenOf(user);
  const other = await accessTokenOf(await register('Bo'));
  const [head, payload, signature] = token.split('.');
  const forged = [head, payload, signature.replace(/^./, (char) => (char === 'A' ? 'B' : 'A'))];
  const states = new Set();
  const options = {
    revocations: { http: access },
    onChange: ({ revocations }) => states.add(revocations),
  };
  return await withVerifier(options, async (verifier) => {
    await verifier.ready();
    const before = [token, other, forged.join('.'), 'no.token', undefined].map((one) =>
      told(verifier.verify(one)),
    );
    await client.sessions.endCurrent({ token });
    await until('the revocation', () => told(verifier.verify(token)) === 'revoked');
    const after = [token, other].map((one) => told(verifier.verify(one)));
    return { before, after, isFresh: states.has('fresh'), asked: await introspected(token, other) };
  });
}

/** The feed cannot be read, so the service is asked about each token. */
async function introspected(...tokens) {
  const http = { url, key: `${key}0` };
  const revocations = { http, maxStalenessMs: 1_000 };
  const options = { revocations, onStale: 'introspect', introspection: access };
  return await withVerifier(options, async (verifier) => {
    const seen = [];
    for (const token of tokens) seen.push(told(await verifier.verify(token)));
    return seen;
  });
}

/** Routes that require a token: without one, with that of a user, and with that of a user for services. */
export async function middleware() {
  const token = await accessTokenOf(await register('Ada'));
  const service = { allow: 'service' };
  return await withVerifier({}, async (verifier) => {
    const statuses = (base) =>
      Promise.all([
        statusOf(`${base}/user`),
        statusOf(`${base}/user`, token),
        statusOf(`${base}/service`, token),
      ]);

    const requirementsOf = (path) => (path === '/service' ? service : {});
    const http = (request, response) => {
      const answer = (_request, _response, { id }) => response.end(id);
      return httpAuth(verifier, answer, requirementsOf(request.url))(request, response);
    };
    const expressApp = express();
    for (const path of ['/user', '/service']) {
      const answer = (request, response) => response.json(request.user.id);
      expressApp.get(path, expressAuth(verifier, requirementsOf(path)), answer);
    }
    const fastifyApp = fastify();
    await fastifyApp.register(fastifyAuth, { verifier });
    for (const path of ['/user', '/service']) {
      const config = { auth: requirementsOf(path) };
      fastifyApp.get(path, { config }, (request) => request.user.id);
    }
    const fastifyUrl = await fastifyApp.listen({ port: 0, host: '127.0.0.1' });
    const hono = new Hono();
    for (const path of ['/user', '/service']) {
      hono.get(path, honoAuth(verifier, requirementsOf(path)), (c) => c.text(c.var.user.id));
    }
    const asked = (path, headers = {}) => new Request(`http://app.test${path}`, { headers });
    const authorization = `Bearer ${token}`;
    const requests = [
      asked('/user'),
      asked('/user', { authorization }),
      asked('/service', { authorization }),
    ];
    const authorized = await Promise.all(
      requests.map((request) =>
        authorizeRequest(verifier, request, requirementsOf(new URL(request.url).pathname)),
      ),
    );
    const seen = {
      http: await withServer(http, statuses),
      express: await withServer(expressApp, statuses),
      fastify: await statuses(fastifyUrl),
      hono: await Promise.all(requests.map(async (one) => (await hono.request(one)).status)),
      fetch: authorized.map((one) => (one.ok ? 200 : one.response.status)),
    };
    await fastifyApp.close();
    return seen;
  });
}
