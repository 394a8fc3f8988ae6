import { type Call, failure } from './call.ts';
import type { Exclusive } from './exclusive.ts';
import type { SessionCalls } from './session.ts';
import type { SessionTokens } from './session-tokens.ts';
import type { TextStore } from './store.ts';
import type {
  CallResult,
  PasswordCode,
  SessionCode,
  SessionState,
  SignInCode,
  Tokens,
  User,
} from './types.ts';

interface Deps {
  readonly call: Call;
  readonly exclusive: Exclusive;
  readonly tokens: SessionTokens;
  /** Where the token is kept that makes this browser known to the service. */
  readonly device: TextStore;
  readonly deviceToken: () => { readonly device_token?: string };
  readonly now: () => number;
  readonly inCookieMode: boolean;
}

export function createSessionCalls(deps: Deps): SessionCalls {
  const { call, tokens, deviceToken } = deps;
  return {
    user: () =>
      asUser<User, never>(deps, (token) => call<User, SessionCode>('GET', '/v1/me', { token })),
    signIn: ({ email, password }) =>
      start<SignInCode>(deps, 'POST', '/v1/sessions', { email, password, ...deviceToken() }),
    async signOut({ everywhere = false } = {}) {
      if (tokens.sync() !== null) {
        const result = everywhere
          ? await asUser<undefined, never>(deps, (token) =>
              end(deps, 'DELETE', '/v1/sessions', token),
            )
          : await end(deps, 'DELETE', '/v1/sessions/current');
        if (!result.ok && tokens.sync() !== null) return result;
      }
      return { ok: true, data: undefined };
    },
    reauthenticate: (password) =>
      asUser<SessionState, never>(deps, (token) =>
        start(deps, 'POST', '/v1/sessions/current/reauthenticate', { password }, token),
      ),
    changePassword: (change) =>
      asUser<SessionState, PasswordCode>(deps, (token) => {
        const state = tokens.state();
        const userId = state.status === 'signed_in' ? state.userId : '';
        return start(deps, 'PUT', `/v1/users/${userId}/password`, change, token);
      }),
  };
}

/** Calls with an access token, and once more with another one if the service refuses it. */
async function asUser<T, Code extends string>(
  { tokens }: Deps,
  work: (token: string) => Promise<CallResult<T, Code | SessionCode>>,
): Promise<CallResult<T, Code | SessionCode>> {
  const token = await tokens.accessToken();
  if (!token.ok) return token;
  if (token.data === null) return failure('unauthenticated', 401, 'No user is signed in.');
  const result = await work(token.data);
  if (result.ok || result.problem.code !== 'invalid_token') return result;
  const renewed = await tokens.renew(token.data);
  if (!renewed.ok) return renewed;
  return renewed.data === null ? result : work(renewed.data);
}

/** Sends a request whose response has the tokens of a session, and makes it the one of this browser. */
function start<Code extends string>(
  { call, exclusive, tokens, device, now, inCookieMode }: Deps,
  method: string,
  path: string,
  body: object,
  token?: string | null,
): Promise<CallResult<SessionState, Code>> {
  return exclusive(async () => {
    const sentAt = now();
    const result = await call<Tokens, Code>(method, path, { body, token, inCookieMode });
    if (!result.ok) return result;
    if (result.data.device_token !== undefined) device.write(result.data.device_token);
    tokens.adopt(result.data, sentAt);
    return { ok: true, data: tokens.state() };
  });
}

/** Ends the session of this browser; with a refresh token at hand, by revoking that. */
function end(
  { call, exclusive, tokens, inCookieMode }: Deps,
  method: string,
  path: string,
  token?: string,
): Promise<CallResult<undefined, SessionCode>> {
  return exclusive(async () => {
    const refreshToken = tokens.sync()?.refreshToken;
    const result =
      token === undefined && refreshToken !== undefined
        ? await call<undefined, SessionCode>('POST', '/v1/oauth/revoke', {
            body: new URLSearchParams({ token: refreshToken }),
          })
        : await call<undefined, SessionCode>(method, path, { token, inCookieMode });
    // Without a cookie there is nothing left to end.
    if (result.ok || result.problem.code === 'unauthenticated') tokens.forget();
    return result;
  });
}
