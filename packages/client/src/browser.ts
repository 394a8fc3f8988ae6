import { createAccountCalls } from './browser/account-calls.ts';
import { createAuthorizedFetch } from './browser/authorized-fetch.ts';
import { createCall } from './browser/call.ts';
import { createExclusive, type Locks } from './browser/exclusive.ts';
import type { BrowserSession } from './browser/session.ts';
import { createSessionCalls } from './browser/session-calls.ts';
import { createSessionTokens, type TabChannel } from './browser/session-tokens.ts';
import { createTextStore, type TextStorage } from './browser/store.ts';
import type { SessionState } from './browser/types.ts';

export type { BrowserSession } from './browser/session.ts';
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

/**
 * The session of a browser with the user service: sign-in, refresh and sign-out, the same in all tabs of the page's
 * origin. Make one for a page. Calls return `{ ok, data }` or `{ ok, problem }`, throw for wrong options only, and end
 * within 12 seconds, twice that where they refresh first. Nothing but a sign-out or a refused refresh token signs out.
 * @throws TypeError for a `url` that is none
 */
export function createBrowserSession(options: BrowserSessionOptions): BrowserSession {
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

  const deviceToken = () => {
    const token = device.read();
    return token === null ? {} : { device_token: token };
  };

  return {
    get state(): SessionState {
      return tokens.state();
    },
    onChange: tokens.onChange,
    restore: tokens.restore,
    fetch: createAuthorizedFetch({ send, origins, tokens }),
    accessToken: tokens.accessToken,
    ...createAccountCalls({ call, tokens, deviceToken }),
    ...createSessionCalls({ call, exclusive, tokens, device, deviceToken, now, inCookieMode }),
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
