import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import {
  type Allowed,
  type Authorized,
  authorize,
  type Denial,
  type Requirements,
} from './verify/authorize.ts';
import type { Verified, VerifiedUser } from './verify/claims.ts';
import { checkRequirements, noPrincipal } from './verify/middleware.ts';
import type { VerifierOptions } from './verify/options.ts';
import { createVerifier, type Verifier } from './verify/verifier.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The user of the token. Throws on a route that requires none, or accepts services and got one. */
    readonly user: VerifiedUser;
    /** The user or service of the token. Throws on a route that requires no token. */
    readonly principal: Verified;
  }

  interface FastifyContextConfig {
    /** What the route requires in place of what the plugin requires; false for a public route. */
    auth?: Requirements | false;
  }
}

/** The options of a verifier, which ends with the server, or a verifier that has an end of its own. */
export type BearerAuthOptions = Requirements & (VerifierOptions | { readonly verifier: Verifier });

const principals = Symbol('principal');

type Holder = FastifyRequest & { [principals]?: Verified };

/**
 * Requires an access token on all routes of the scope in which it is registered; `config: { auth: … }` of a route changes
 * that for this route. Register what answers without a token before it, such as CORS.
 */
const plugin: FastifyPluginCallback<BearerAuthOptions> = (app, options, done) => {
  const required = checkRequirements(options);
  const verifier = 'verifier' in options ? options.verifier : createVerifier(options);
  if (!('verifier' in options)) app.addHook('onClose', () => verifier.close());
  const now = 'verifier' in options ? Date.now : options.now;

  app.decorateRequest('principal', { getter: principalOf });
  app.decorateRequest('user', { getter: userOf });
  app.addHook('onRoute', ({ config }) => {
    if (config?.auth) checkRequirements(config.auth);
  });
  app.addHook('onRequest', (request, reply, next) => {
    const own = request.routeOptions.config.auth;
    if (own === false) return next();
    const finish = (result: Authorized<Allowed>): void => {
      if (!result.ok) return void deny(reply, result.problem);
      (request as Holder)[principals] = result.data;
      next();
    };
    const result = authorize(verifier, request.headers.authorization, own ?? required, now);
    if (result instanceof Promise) result.then(finish, next);
    else finish(result);
  });
  done();
};

/** A plugin that protects the scope it is registered in, and not one of its own. */
export const bearerAuth: FastifyPluginCallback<BearerAuthOptions> = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@user-service/client',
});

function principalOf(this: FastifyRequest): Verified {
  const principal = (this as Holder)[principals];
  if (principal === undefined) throw noPrincipal(principal);
  return principal;
}

function userOf(this: FastifyRequest): VerifiedUser {
  const principal = (this as Holder)[principals];
  if (principal?.kind !== 'user') throw noPrincipal(principal);
  return principal;
}

function deny(reply: FastifyReply, { status, headers, body }: Denial): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}
