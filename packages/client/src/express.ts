import type { RequestHandler } from 'express';
import { type Allowed, type Authorized, authorize, type Requirements } from './verify/authorize.ts';
import type { Verified, VerifiedUser } from './verify/claims.ts';
import { checkRequirements, noPrincipal } from './verify/middleware.ts';
import type { Verifier } from './verify/verifier.ts';

declare global {
  namespace Express {
    interface Request {
      /** The user of the token, behind `bearerAuth`. Throws where it accepts services and got one. */
      user: VerifiedUser;
      /** The user or service of the token, behind `bearerAuth`. */
      principal: Verified;
    }
  }
}

/** Requires an access token. Mount it on the app, a router or a route; the verifier is closed with the server. */
export function bearerAuth(verifier: Verifier, requirements: Requirements = {}): RequestHandler {
  checkRequirements(requirements);
  return (request, response, next) => {
    const finish = (result: Authorized<Allowed>): void => {
      if (!result.ok) {
        const { status, headers, body } = result.problem;
        response.status(status).set(headers).send(JSON.stringify(body));
        return;
      }
      const principal = result.data;
      request.principal = principal;
      if (principal.kind === 'user') request.user = principal;
      else
        Object.defineProperty(request, 'user', {
          configurable: true,
          get: () => thrown(principal),
        });
      next();
    };
    const result = authorize(verifier, request.headers.authorization, requirements);
    if (result instanceof Promise) result.then(finish).catch(next);
    else finish(result);
  };
}

function thrown(principal: Verified): never {
  throw noPrincipal(principal);
}
