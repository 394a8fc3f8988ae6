import { createAuthorizedFetch } from './browser/authorized-fetch.ts';
import { createCall, failure } from './browser/call.ts';
import { createExclusive, type Locks } from './browser/exclusive.ts';
import { createSessionTokens, type TabChannel } from './browser/session-tokens.ts';
import { createTextStore, type TextStorage } from './browser/store.ts';
import type {
  CallResult,
  ChallengeCode,
  Proof,
  RegisterCode,
  Registered,
  Registration,
  RequestedMail,
  SessionCode,
  SessionState,
  SignInCode,
  Tokens,
  User,
} from './browser/types.ts';

export type { TextStorage } from './browser/store.ts';
export type {
  AnyCode,
  CallResult,
  FieldProblem,
  Problem,
  Proof,
  Registered,
  Registration,
  RequestedMail,
  SessionState,
  User,
} from './browser/types.ts';

/**
 * Where the refresh token lives. `cookie`: in a cookie that scripts cannot read; the service needs
 * `sessions.cookie.enabled`, and page and service must be of one site. `memory`: in a variable; a reload signs out.
 * `storage`: in `localStorage`, where every script of the page can copy it.
 */
export type SessionMode = 'cookie' | 'memory' | 'storage';

export interface BrowserSessionOptions {
  /** URL of the service, absolute or relative to the page, such as `https://id.example.com` or `/auth`. */
  readonly url: string;
  readonly mode: SessionMode;
  /** Other origins whose requests by `fetch` get the access token. Always: the page and the service. */
  readonly origins?: readonly string[];
  /** Replaces `fetch` of the page. */
  readonly fetch?: typeof globalThis.fetch;
  /** Replaces `localStorage`. */
  readonly storage?: TextStorage;
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
}

/** What is used of a page; none of it is needed. */
interface Page {
  readonly location?: { readonly href: string; readonly origin: string };
  readonly localStorage?: TextStorage;
  readonly navigator?: { readonly locks?: Locks };
  readonly BroadcastChannel?: new (name: string) => TabChannel & { close(): void };
  addEventListener?(type: PageEvent, listener: () => void): void;
  removeEventListener?(type: PageEvent, listener: () => void): void;
}

/** Another tab has written, and the page is back from the cache of the browser, where it heard of no other tab. */
const PAGE_EVENTS = ['storage', 'pageshow'] as const;
type PageEvent = (typeof PAGE_EVENTS)[number];

export type BrowserSession = ReturnType<typeof createBrowserSession>;

/**
 * The session of a browser with the user service: sign-in, refresh and sign-out, the same in all tabs of the page's
 * origin. Make one for a page. Calls return `{ ok, data }` or `{ ok, problem }`, throw for wrong options only, and end
 * within 12 seconds, twice that where they refresh first. Nothing but a sign-out or a refused refresh token signs out.
 * @throws TypeError for a `url` that is none
 */
export function createBrowserSession(options: BrowserSessionOptions) {
  const { mode, now = Date.now, fetch: send = (...args) => globalThis.fetch(...args) } = options;
  const page = globalThis as unknown as Page;
  const service = new URL(options.url, page.location?.href);
  const baseUrl = service.href.replace(/\/+$/, '');
  const key = `user-service ${baseUrl}`;
  const isShared = mode !== 'memory';
  const inCookieMode = mode === 'cookie';
  const storage = isShared ? (options.storage ?? localStorageOf(page)) : null;
  const channel =
    isShared && page.BroadcastChannel !== undefined ? new page.BroadcastChannel(key) : null;

  const call = createCall(baseUrl, send);
  const exclusive = createExclusive(isShared ? page.navigator?.locks : undefined, key);
  const store = createTextStore(storage, key);
  const device = createTextStore(storage, `${key} device`);
  const tokens = createSessionTokens({ call, exclusive, store, channel, now, inCookieMode });
  const origins = new Set([
    service.origin,
    page.location?.origin ?? '',
    ...(options.origins ?? []),
  ]);
  const look = () => void tokens.sync();
  for (const event of PAGE_EVENTS) page.addEventListener?.(event, look);

  /** Calls with an access token, and once more with another one if the service refuses it. */
  async function asUser<T, Code extends string>(
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

  const deviceToken = () => {
    const token = device.read();
    return token === null ? {} : { device_token: token };
  };

  return {
    /** Who is signed in, without a request. It can be outdated until the next one. */
    get state(): SessionState {
      return tokens.state();
    },

    /** Calls the listener at each sign-in and sign-out, in whichever tab. @returns the function that ends this */
    onChange: tokens.onChange,

    /**
     * Asks the service for the session of the cookie, where `state` is signed out: browsers delete the storage of pages
     * that are not visited for a while, and sibling apps of one site have one cookie. Without a cookie it costs a 401.
     */
    restore: tokens.restore,

    /** `fetch` with the access token; see `origins`. */
    fetch: createAuthorizedFetch({ send, origins, tokens }),

    /** An access token for other transports, such as a WebSocket; null when signed out. */
    accessToken: tokens.accessToken,

    /** The account of the session. */
    user: () => asUser<User, never>((token) => call<User, SessionCode>('GET', '/v1/me', { token })),

    /** Does not sign in. With `registration.existing_email: conceal` the response is that a mail is sent. */
    register: (registration: Registration) =>
      call<Registered, RegisterCode>('POST', '/v1/users', { body: registration }),

    signIn: ({ email, password }: { readonly email: string; readonly password: string }) =>
      start<SignInCode>('POST', '/v1/sessions', { email, password, ...deviceToken() }),

    /**
     * Ends the session, in all tabs, or with `everywhere` all sessions of the user. When the service cannot be reached,
     * the session goes on and the user stays signed in: tell them, and try again.
     */
    async signOut({ everywhere = false } = {}): Promise<CallResult<undefined, SessionCode>> {
      if (tokens.sync() !== null) {
        const result = everywhere
          ? await asUser<undefined, never>((token) => end('DELETE', '/v1/sessions', token))
          : await end('DELETE', '/v1/sessions/current');
        if (!result.ok && tokens.sync() !== null) return result;
      }
      return { ok: true, data: undefined };
    },

    /** Proves the password again, for changes that need it: `step_up_required`. */
    reauthenticate: (password: string) =>
      asUser<SessionState, never>((token) =>
        start('POST', '/v1/sessions/current/reauthenticate', { password }, token),
      ),

    /** Ends all other sessions. */
    changePassword: (change: {
      readonly current_password?: string;
      readonly new_password: string;
    }) =>
      asUser<SessionState, 'step_up_required' | 'version_exhausted'>((token) => {
        const state = tokens.state();
        const userId = state.status === 'signed_in' ? state.userId : '';
        return start('PUT', `/v1/users/${userId}/password`, change, token);
      }),

    /** A mail with a code and a link; the response is the same for every address. */
    requestEmailVerification: (email: string) =>
      call<RequestedMail>('POST', '/v1/email-verifications', {
        body: { email, ...deviceToken() },
      }),

    async confirmEmailVerification(proof: Proof): Promise<CallResult<undefined, ChallengeCode>> {
      // A signed-in owner keeps the password; without a token the service cannot know.
      const token = await tokens.accessToken();
      if (!token.ok) return token;
      return call('POST', '/v1/email-verifications/confirm', { body: proof, token: token.data });
    },

    /** A mail with a code and a link; the response is the same for every address. */
    requestPasswordReset: (email: string) =>
      call<RequestedMail>('POST', '/v1/password-resets', { body: { email, ...deviceToken() } }),

    /** Sets the password and ends all sessions. Does not sign in. */
    confirmPasswordReset: (proof: Proof & { readonly new_password: string }) =>
      call<undefined, ChallengeCode>('POST', '/v1/password-resets/confirm', { body: proof }),

    /** Stops listening to other tabs. */
    close(): void {
      channel?.close();
      for (const event of PAGE_EVENTS) page.removeEventListener?.(event, look);
    },
  };
}

/** @returns null where the browser blocks it */
function localStorageOf(page: Page): TextStorage | null {
  try {
    return page.localStorage ?? null;
  } catch {
    return null;
  }
}
