import type { Result } from '../result.ts';
import type { VerificationKey } from './algorithms.ts';
import { readClaims, type Verified } from './claims.ts';
import { createIntrospection } from './introspection.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import { readOptions, type VerifierOptions, type VerifierState } from './options.ts';
import {
  type InvalidToken,
  invalidToken,
  type Refused,
  UNAUTHENTICATED,
  unavailable,
  type VerifyProblem,
} from './problems.ts';
import { type TokenIds, tokenIds } from './revocation-set.ts';
import type { RevocationStats, Revocations } from './revocations.ts';
import { followOverHttp } from './revocations-http.ts';
import { followOverNats } from './revocations-nats.ts';
import { checkSignature, type ParsedToken, parseJsonObject, parseToken } from './token.ts';
import { createTokenCache } from './token-cache.ts';

/** What a token says, or why it is refused. */
export type VerifyResult = Result<Verified, VerifyProblem>;

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
  /** Ends all requests and timers. Cached keys, tokens and revocations stay; the feed becomes stale. */
  close(): Promise<void>;
}

/** A verified token. */
interface Entry {
  readonly token: string;
  readonly result: { readonly ok: true; readonly data: Verified };
  /** When it is refused, in seconds since the epoch: `exp` and the tolerance. */
  readonly refusedAt: number;
  /** Null without a feed, and for the token of a service account, which no revocation concerns. */
  readonly ids: TokenIds | null;
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
  const { onStale, introspection, maxEntries, maxStalenessMs } = settings;
  const { fetch: request = fetch, now = Date.now } = options;
  const cache = createTokenCache<Entry>(settings.maxCachedTokens);
  const counts = { hits: 0, signatures: 0 };
  let isClosed = false;
  let known: VerifierState | null = null;

  const keys = createKeySet({
    url: settings.jwksUrl,
    fetch: request,
    onRemoved: () => cache.clear(),
    onChange: () => announce(),
  });
  const revocations = follow();
  const introspect =
    introspection === null ? null : createIntrospection({ ...introspection, fetch: request });

  function follow(): Revocations | null {
    const { http, nats } = options.revocations ?? {};
    const deps = { maxEntries, maxStalenessMs, now, onChange: () => announce() };
    if (http !== undefined) return followOverHttp({ ...deps, ...http, fetch: request });
    if (nats === undefined) return null;
    return followOverNats({ stream: 'USERS_REVOKED', ...deps, ...nats });
  }

  const state = (): VerifierState => ({
    keys: keys.state(),
    revocations: revocations?.state() ?? 'off',
  });

  function announce(): void {
    // While the verifier is being made, not all of it is there.
    if (isClosed || options.onChange === undefined) return;
    queueMicrotask(() => {
      const latest = state();
      if (latest.keys === known?.keys && latest.revocations === known.revocations) return;
      known = latest;
      options.onChange?.(latest);
    });
  }

  /** For a token whose signature and claims were checked. */
  function judge(entry: Entry, nowSeconds: number): VerifyResult | Promise<VerifyResult> {
    if (entry.ids === null || revocations === null) return entry.result;
    if (revocations.isRevoked(entry.ids, nowSeconds)) return invalidToken('revoked');
    const current = revocations.state();
    if (current === 'fresh') return entry.result;
    return current === 'loading' ? afterLoad(entry, revocations) : decideStale(entry);
  }

  async function afterLoad(entry: Entry, feed: Revocations): Promise<VerifyResult> {
    await feed.settled;
    if (feed.state() === 'loading') return decideStale(entry);
    return judge(entry, epochSeconds());
  }

  function decideStale(entry: Entry): VerifyResult | Promise<VerifyResult> {
    if (onStale === 'allow_until_exp') return entry.result;
    if (onStale === 'fail_closed' || introspect === null) return unavailable('revocations');
    return introspect(entry.token).then((isActive) => {
      if (isActive === null) return unavailable('introspection');
      return isActive ? entry.result : invalidToken('revoked');
    });
  }

  function checkToken(parsed: ParsedToken, key: VerificationKey, token: string) {
    counts.signatures += 1;
    const entry = readToken(parsed, key, token);
    if ('ok' in entry) return entry;
    cache.set(entry);
    return judge(entry, epochSeconds());
  }

  function readToken(
    parsed: ParsedToken,
    key: VerificationKey,
    token: string,
  ): Entry | Refused<InvalidToken> {
    const refusal = checkSignature(parsed, key);
    if (refusal !== null) return refusal;
    const payload = parseJsonObject(parsed.payload);
    if (payload === null) return invalidToken('malformed');
    const data = readClaims(payload, settings, epochSeconds());
    if ('ok' in data) return data;
    return {
      token,
      result: Object.freeze({ ok: true, data }),
      refusedAt: data.claims.exp + settings.toleranceSeconds,
      ids: data.kind === 'user' && revocations !== null ? tokenIds(data) : null,
    };
  }

  function checkNew(token: string): VerifyResult | Promise<VerifyResult> {
    const parsed = parseToken(token);
    if ('ok' in parsed) return parsed;
    const key = keys.find(parsed.kid);
    if (key !== undefined) return checkToken(parsed, key, token);
    if (!keys.mayLearn()) return withoutKey();
    return keys.findLater(parsed.kid).then((found) => {
      return found === undefined ? withoutKey() : checkToken(parsed, found, token);
    });
  }

  /** The key may be a new one that could not be fetched: then it is not known whether the token is valid. */
  const withoutKey = () =>
    keys.state() === 'ready' ? invalidToken('unknown_key') : unavailable('keys');
  const epochSeconds = () => Math.floor(now() / 1_000);

  return {
    verify(authorization) {
      const token = bearerToken(authorization);
      if (token === null) return UNAUTHENTICATED;
      const entry = cache.get(token);
      if (entry === undefined) return checkNew(token);
      counts.hits += 1;
      const nowSeconds = epochSeconds();
      return entry.refusedAt > nowSeconds ? judge(entry, nowSeconds) : invalidToken('expired');
    },
    async ready(timeoutMs = READY_TIMEOUT_MS) {
      const endsAtMs = performance.now() + timeoutMs;
      while (keys.state() === 'loading' || revocations?.state() === 'loading') {
        if (isClosed) throw new Error('the verifier is closed');
        if (performance.now() >= endsAtMs) {
          const error = keys.stats().lastError ?? revocations?.stats().lastError;
          throw new Error(`the verifier is not ready: ${error ?? 'no answer yet'}`);
        }
        await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
      }
    },
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

/** @returns null for a header of another scheme; the letters of `Bearer` have no case (RFC 9110 §11.1) */
function bearerToken(authorization: string | null | undefined): string | null {
  if (authorization === undefined || authorization === null || authorization === '') return null;
  const space = authorization.indexOf(' ');
  if (space < 0) return authorization;
  return /^bearer +\S/i.test(authorization) ? authorization.slice(space).trim() : null;
}
