import type { Call } from './call.ts';
import type { Exclusive } from './exclusive.ts';
import { parseSession, type SavedSession, type TextStore } from './store.ts';
import type { CallResult, SessionState, Tokens } from './types.ts';

/** Part of the lifetime of an access token after which it is replaced. */
const REFRESH_AFTER = 0.9;
/** Time of one attempt to refresh, in milliseconds. Two and the pause are within the grace of the service, ten seconds. */
const ATTEMPT_MS = 4_500;
const PAUSE_MS = 500;

/** An access token, in a variable of each tab. Times are milliseconds of the epoch, by the clock of the device. */
export interface HeldToken {
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshAt: number;
  readonly expiresAt: number;
}

/** Tells the other tabs: a new access token, or null for a sign-out. */
export interface TabChannel {
  postMessage(held: HeldToken | null): void;
  onmessage: ((event: { readonly data: HeldToken | null }) => void) | null;
}

interface Deps {
  readonly call: Call;
  readonly exclusive: Exclusive;
  readonly store: TextStore;
  readonly channel: TabChannel | null;
  readonly now: () => number;
  readonly inCookieMode: boolean;
}

/** What this tab knows. */
interface Tab extends Deps {
  readonly listeners: Set<(state: SessionState) => void>;
  state: SessionState;
  held: HeldToken | null;
  /** The refresh that runs. */
  flight: Promise<CallResult<string | null>> | null;
}

export type SessionTokens = ReturnType<typeof createSessionTokens>;

/**
 * The tokens of this tab. States: signed out, when nothing is saved; signed in, with or without an access token at hand.
 * What is saved decides, since all tabs share it: only a sign-out or a refused refresh token removes it, never a failure
 * of the network or the service.
 */
export function createSessionTokens(deps: Deps) {
  const tab: Tab = {
    ...deps,
    listeners: new Set(),
    ...{ state: { status: 'signed_out' }, held: null, flight: null },
  };
  const { channel, listeners } = tab;
  if (channel !== null) {
    channel.onmessage = ({ data }) => {
      const { held } = tab;
      if (data !== null && !(held?.sessionId === data.sessionId && held.expiresAt > data.expiresAt))
        tab.held = data;
      sync(tab);
    };
  }
  sync(tab);
  return {
    /** Reads what is saved, and tells the listeners when another session or none is. */
    sync: () => sync(tab),
    /** @param sentAt when the request for the tokens was sent */
    adopt: (tokens: Tokens, sentAt: number) => adopt(tab, tokens, sentAt),
    forget: () => forget(tab),
    /** One refresh at a time in this tab, and as far as the lock goes in the browser. */
    renew: (stale: string | null) => renew(tab, stale),
    restore: () => restore(tab),
    /** A token that is valid for a while; null when signed out. */
    accessToken: () => accessToken(tab),
    state: () => tab.state,
    onChange(listener: (state: SessionState) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function sync(tab: Tab): SavedSession | null {
  const saved = parseSession(tab.store.read());
  const before = tab.state.status === 'signed_in' ? tab.state.sessionId : undefined;
  if (before !== saved?.sessionId) {
    tab.state =
      saved === null
        ? { status: 'signed_out' }
        : { status: 'signed_in', userId: saved.userId, sessionId: saved.sessionId };
    for (const listener of tab.listeners) listener(tab.state);
  }
  return saved;
}

function heldOf({ held }: Tab, saved: SavedSession): HeldToken | null {
  return held?.sessionId === saved.sessionId ? held : null;
}

function adopt(tab: Tab, tokens: Tokens, sentAt: number): void {
  const lifetimeMs = tokens.expires_in * 1_000;
  tab.held = {
    sessionId: tokens.session_id,
    accessToken: tokens.access_token,
    refreshAt: sentAt + lifetimeMs * REFRESH_AFTER,
    expiresAt: sentAt + lifetimeMs,
  };
  const saved: SavedSession = {
    sessionId: tokens.session_id,
    userId: subjectOf(tokens.access_token),
    refreshToken: tokens.refresh_token,
  };
  tab.store.write(JSON.stringify(saved));
  tab.channel?.postMessage(tab.held);
  sync(tab);
}

function forget(tab: Tab): void {
  tab.held = null;
  tab.store.write(null);
  tab.channel?.postMessage(null);
  sync(tab);
}

function renew(tab: Tab, stale: string | null): Promise<CallResult<string | null>> {
  tab.flight ??= tab
    .exclusive(() => refresh(tab, stale))
    .finally(() => {
      tab.flight = null;
    });
  return tab.flight;
}

/** With the cookie of cookie mode, when what was saved is lost or belongs to a page of another origin. */
async function restore(tab: Tab): Promise<CallResult<SessionState>> {
  if (tab.inCookieMode && sync(tab) === null) {
    const restored = await tab.exclusive(() => refresh(tab, null, true));
    if (!restored.ok) return restored;
  }
  return { ok: true, data: tab.state };
}

/**
 * Tries a second time where it is not known what became of the first request: within its grace, the service repeats
 * the response. The second attempt looks again at what is saved, since the device may have slept in between.
 * @param stale the access token that is not wanted any more
 * @param isBlind without knowing of a session
 */
async function refresh(
  tab: Tab,
  stale: string | null,
  isBlind = false,
): Promise<CallResult<string | null>> {
  const first = await attempt(tab, stale, isBlind);
  if (first !== null) {
    const status = first.ok ? 200 : first.problem.status;
    if (status > 0 && status < 500) return first;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (0.5 + Math.random() / 2)));
  }
  return (await attempt(tab, stale, isBlind)) ?? { ok: true, data: null };
}

/** @returns null when another tab has changed the session meanwhile, and the result is of no use */
async function attempt(
  tab: Tab,
  stale: string | null,
  isBlind: boolean,
): Promise<CallResult<string | null> | null> {
  const { call, now, inCookieMode } = tab;
  const saved = sync(tab);
  if (saved === null && !isBlind) return { ok: true, data: null };
  const fromOtherTab = saved && heldOf(tab, saved);
  if (fromOtherTab !== null && fromOtherTab.accessToken !== stale) {
    if (now() < fromOtherTab.refreshAt) return { ok: true, data: fromOtherTab.accessToken };
  }
  const { sessionId, refreshToken } = saved ?? {};
  const sentAt = now();
  const result = await call<Tokens, 'invalid_grant'>('POST', '/v1/sessions/refresh', {
    body: refreshToken === undefined ? {} : { refresh_token: refreshToken },
    ...{ inCookieMode, timeoutMs: ATTEMPT_MS },
  });
  const after = sync(tab);
  const isReplaced = after?.sessionId !== sessionId;
  if (result.ok && !isReplaced) {
    adopt(tab, result.data, sentAt);
    return { ok: true, data: result.data.access_token };
  }
  if (!result.ok && result.problem.code !== 'invalid_grant') {
    return { ok: false, problem: { ...result.problem, code: result.problem.code } };
  }
  if (isReplaced || after?.refreshToken !== refreshToken) return null;
  if (saved !== null) forget(tab);
  return { ok: true, data: null };
}

async function accessToken(tab: Tab): Promise<CallResult<string | null>> {
  const { now } = tab;
  const saved = sync(tab);
  if (saved === null) return { ok: true, data: null };
  const mine = heldOf(tab, saved);
  if (mine !== null && now() < mine.refreshAt) return { ok: true, data: mine.accessToken };
  const renewed = await renew(tab, mine?.accessToken ?? null);
  if (renewed.ok || mine === null || now() >= mine.expiresAt) return renewed;
  return { ok: true, data: mine.accessToken };
}

/** The claim `sub` of an access token that the service has just sent. */
function subjectOf(accessToken: string): string {
  const payload = accessToken.split('.')[1] ?? '';
  return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))).sub;
}
