import { createTokenCheck } from './check-token.ts';
import { createIntrospection } from './introspection.ts';
import { type CheckedToken, createJudge, type VerifyResult } from './judge.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import { readOptions, type Settings, type VerifierOptions, type VerifierState } from './options.ts';
import { invalidToken, UNAUTHENTICATED } from './problems.ts';
import type { RevocationStats, Revocations } from './revocations.ts';
import { followOverHttp } from './revocations-http.ts';
import { followOverNats } from './revocations-nats.ts';
import { createTokenCache } from './token-cache.ts';

export interface VerifierStats extends VerifierState {
  /** Public keys in use, how often they were fetched, and why the last fetch failed. */
  readonly keySet: ReturnType<KeySet['stats']>;
  /** Verified tokens that are kept, checks that found theirs, and checks of a signature. */
  readonly tokens: { readonly cached: number; readonly hits: number; readonly signatures: number };
  /** Null without `revocations`. */
  readonly feed: RevocationStats | null;
}

export interface Verifier {
  /**
   * Verifies an access token: its signature, claims and revocation.
   *
   * The result comes at once, without a promise, whenever nothing has to be fetched: for nearly every request. It is a
   * promise while the keys or revocations are loaded for the first time, for a key that is not known yet, and while
   * `onStale` asks the service. `await` takes both. The promise is never rejected.
   * @param authorization a token, or the value of a header `Authorization` with one
   */
  verify(authorization: string | null | undefined): VerifyResult | Promise<VerifyResult>;
  /**
   * Resolves when the keys and the revocations are loaded.
   * @throws Error after `timeoutMs` (30,000 by default), with the last failure, and after `close`
   */
  ready(timeoutMs?: number): Promise<void>;
  state(): VerifierState;
  stats(): VerifierStats;
  /**
   * Ends all requests and timers, so that they keep no process of Node.js alive; a request for revocations does while it
   * waits. Cached keys, tokens and revocations stay; the feed becomes stale.
   */
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 20;

/**
 * Creates a verifier of access tokens and begins to load keys and revocations. Create one for each process, and close it
 * with the server.
 * @throws TypeError for options that can never work
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = readOptions(options);
  const { fetch: request = fetch, now = Date.now } = options;
  const { onStale, maxStalenessMs } = settings;
  const cache = createTokenCache<CheckedToken>(settings.maxCachedTokens);
  const counts = { hits: 0, signatures: 0 };
  let isClosed = false;

  const announce = createAnnouncement(() => (isClosed ? null : state()), options.onChange);
  const keys = createKeySet({
    url: settings.jwksUrl,
    fetch: request,
    onRemoved: () => cache.clear(),
    onChange: announce,
  });
  const revocations = followRevocations(options, settings, announce);
  const state = (): VerifierState => ({
    keys: keys.state(),
    revocations: revocations?.state() ?? 'off',
  });
  const { introspection } = settings;
  const introspect =
    introspection === null ? null : createIntrospection({ ...introspection, fetch: request });
  const epochSeconds = () => Math.floor(now() / 1_000);
  const judge = createJudge({
    ...{ revocations, onStale, maxStalenessMs, introspect, epochSeconds },
  });
  const checkNew = createTokenCheck({
    ...{ keys, settings, hasFeed: revocations !== null, judge, epochSeconds },
    onSignature: () => {
      counts.signatures += 1;
    },
    onChecked: cache.set,
  });

  return {
    verify(authorization) {
      const token = bearerToken(authorization);
      if (token === null) return UNAUTHENTICATED;
      const checked = cache.get(token);
      if (checked === undefined) return checkNew(token);
      counts.hits += 1;
      const nowSeconds = epochSeconds();
      return checked.refusedAt > nowSeconds ? judge(checked, nowSeconds) : invalidToken('expired');
    },
    ready: (timeoutMs = READY_TIMEOUT_MS) =>
      untilLoaded(keys, revocations, () => isClosed, timeoutMs),
    state,
    stats: () => ({
      ...state(),
      keySet: keys.stats(),
      tokens: { cached: cache.size(), ...counts },
      feed: revocations?.stats() ?? null,
    }),
    async close() {
      isClosed = true;
      keys.close();
      revocations?.close();
      await keys.settled();
    },
  };
}

/** @returns null without a feed */
function followRevocations(
  { revocations, fetch: request = fetch, now = Date.now }: VerifierOptions,
  { maxEntries, maxStalenessMs }: Settings,
  onChange: () => void,
): Revocations | null {
  const { http, nats } = revocations ?? {};
  const deps = { maxEntries, maxStalenessMs, now, onChange };
  if (http !== undefined) return followOverHttp({ ...deps, ...http, fetch: request });
  if (nats === undefined) return null;
  return followOverNats({ stream: 'USERS_REVOKED', ...deps, ...nats });
}

/**
 * Creates the function that tells a listener of a changed state.
 * @param stateNow - null when nothing is told any more. It is read later: while the verifier is being made, not all of
 * it is there
 */
function createAnnouncement(
  stateNow: () => VerifierState | null,
  listener: ((state: VerifierState) => void) | undefined,
): () => void {
  let known: VerifierState | null = null;
  return () => {
    if (listener === undefined) return;
    queueMicrotask(() => {
      const latest = stateNow();
      if (latest === null) return;
      if (latest.keys === known?.keys && latest.revocations === known.revocations) return;
      known = latest;
      listener(latest);
    });
  };
}

/** @throws Error after the time, with the last failure, and when the verifier is closed */
async function untilLoaded(
  keys: KeySet,
  revocations: Revocations | null,
  isClosed: () => boolean,
  timeoutMs: number,
): Promise<void> {
  const endsAtMs = performance.now() + timeoutMs;
  while (keys.state() === 'loading' || revocations?.state() === 'loading') {
    if (isClosed()) throw new Error('the verifier is closed');
    if (performance.now() >= endsAtMs) {
      const error = keys.stats().lastError ?? revocations?.stats().lastError;
      throw new Error(`the verifier is not ready: ${error ?? 'no answer yet'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

/** @returns null for a header of another scheme; the letters of `Bearer` have no case (RFC 9110 §11.1) */
function bearerToken(authorization: string | null | undefined): string | null {
  if (authorization === undefined || authorization === null || authorization === '') return null;
  const space = authorization.indexOf(' ');
  if (space < 0) return authorization;
  return /^bearer +\S/i.test(authorization) ? authorization.slice(space).trim() : null;
}
