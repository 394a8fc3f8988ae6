import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Allowed,
  type Authorized,
  authorize as authorizeHeader,
  type Denial,
  type PrincipalOf,
  type Requirements,
} from './verify/authorize.ts';
import { checkRequirements } from './verify/middleware.ts';
import type { Verifier } from './verify/verifier.ts';

export type {
  Allowed,
  Authorized,
  Denial,
  PrincipalOf,
  ProblemDocument,
  Requirements,
} from './verify/authorize.ts';

/** Handles a request whose token was verified. */
export type AuthorizedListener<A extends Allowed> = (
  request: IncomingMessage,
  response: ServerResponse,
  principal: PrincipalOf<A>,
) => void | Promise<void>;

/**
 * Makes a listener for `http.createServer` that requires an access token. Handle errors inside the handler: the server
 * does not wait for the promise of a listener.
 */
export function bearerAuth<A extends Allowed = 'user'>(
  verifier: Verifier,
  handler: AuthorizedListener<A>,
  requirements: Requirements<A> = {},
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  checkRequirements(requirements);
  return async (request, response) => {
    const result = await authorizeHeader(verifier, request.headers.authorization, requirements);
    if (!result.ok) return sendDenial(response, result.problem);
    await handler(request, response, result.data);
  };
}

/**
 * Decides by the value of the header `Authorization`, for frameworks that this package has no entry for. The result is a
 * promise only when something has to be fetched.
 */
export function authorize<A extends Allowed = 'user'>(
  verifier: Pick<Verifier, 'verify'>,
  authorization: string | null | undefined,
  requirements: Requirements<A> = {},
): Authorized<A> | Promise<Authorized<A>> {
  return authorizeHeader(verifier, authorization, checkRequirements(requirements));
}

/** Answers a request with the refusal. */
export function sendDenial(response: ServerResponse, { status, headers, body }: Denial): void {
  response.writeHead(status, headers).end(JSON.stringify(body));
}
