import type { CallResult, Problem } from './types.ts';

interface Deps {
  readonly send: typeof globalThis.fetch;
  /** Origins that may see the access token. */
  readonly origins: ReadonlySet<string>;
  readonly tokens: {
    accessToken(): Promise<CallResult<string | null>>;
    renew(stale: string | null): Promise<CallResult<string | null>>;
  };
}

/**
 * `fetch` with the access token, for the origins that may see it. After a 401 the token is replaced and the request sent
 * once more. While no token can be had, it fails as `fetch` does: it throws without a network, and returns the response
 * of the service, such as 503 with `Retry-After`.
 */
export function createAuthorizedFetch({ send, origins, tokens }: Deps): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    if (!origins.has(new URL(request.url).origin)) return send(request);
    const token = await tokens.accessToken();
    if (!token.ok) return failed(token.problem);
    if (token.data === null) return send(request);
    const response = await send(withToken(request.clone(), token.data));
    if (response.status !== 401 || needsPassword(response)) return response;
    const renewed = await tokens.renew(token.data);
    if (!renewed.ok) return failed(renewed.problem);
    if (renewed.data === null) return response;
    void response.body?.cancel();
    return send(withToken(request, renewed.data));
  };
}

function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/** RFC 9470: another token of the same session would not do. */
function needsPassword(response: Response): boolean {
  const challenge = response.headers.get('www-authenticate') ?? '';
  return challenge.includes('insufficient_user_authentication');
}

function failed(problem: Problem): Response {
  const { status, detail, retryAfterSeconds } = problem;
  if (status === 0) throw new TypeError(detail);
  return new Response(JSON.stringify(problem), {
    // A response that is none of the service can have any status.
    status: status < 400 ? 502 : status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
  });
}
