import type { MiddlewareHandler } from 'hono';
import {
  type Allowed,
  authorize,
  type Denial,
  type PrincipalOf,
  type Requirements,
} from './verify/authorize.ts';
import type { VerifiedUser } from './verify/claims.ts';
import { checkRequirements } from './verify/middleware.ts';
import type { Verifier } from './verify/verifier.ts';

/** What the middleware sets: `c.var.principal`, and `c.var.user` where it is the same. */
export interface BearerAuthEnv<A extends Allowed = 'user'> {
  Variables: { readonly principal: PrincipalOf<A> } & (A extends 'user'
    ? { readonly user: VerifiedUser }
    : unknown);
}

/** Requires an access token. Use it on the app or on a route; the handlers behind it know the type of `c.var.user`. */
export function bearerAuth<A extends Allowed = 'user'>(
  verifier: Verifier,
  requirements: Requirements<A> = {},
): MiddlewareHandler<BearerAuthEnv<A>> {
  checkRequirements(requirements);
  return async (context, next) => {
    const header = context.req.header('authorization');
    const result = await authorize(verifier, header, requirements);
    if (!result.ok) return toResponse(result.problem);
    const set = context.set as (name: string, value: PrincipalOf<A>) => void;
    set('principal', result.data);
    if (result.data.kind === 'user') set('user', result.data);
    return await next();
  };
}

/**
 * Decides about a request of the Fetch API, for servers and frameworks without middleware of their own.
 * @returns the principal, or the response that refuses the request
 */
export async function authorizeRequest<A extends Allowed = 'user'>(
  verifier: Verifier,
  request: Pick<Request, 'headers'>,
  requirements: Requirements<A> = {},
): Promise<
  | { readonly ok: true; readonly data: PrincipalOf<A> }
  | { readonly ok: false; readonly response: Response }
> {
  checkRequirements(requirements);
  const result = await authorize(verifier, request.headers.get('authorization'), requirements);
  return result.ok ? result : { ok: false, response: toResponse(result.problem) };
}

function toResponse({ status, headers, body }: Denial): Response {
  return new Response(JSON.stringify(body), { status, headers });
}
