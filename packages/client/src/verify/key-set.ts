import { backoffMs } from '../lib/backoff.ts';
import { readVerificationKey, type VerificationKey } from './algorithms.ts';
import { readJson } from './read-json.ts';

export interface KeySetOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Called after a key has left the set or was replaced: what it signed does not count any more. */
  readonly onRemoved: () => void;
  readonly onChange: () => void;
}

/** The public keys of the issuer. */
export interface KeySet {
  find(kid: string): VerificationKey | undefined;
  /** Whether `findLater` may find more than `find`. */
  mayLearn(): boolean;
  /** Fetches the keys again if that is due, and looks for the key. Calls at the same time share one fetch. */
  findLater(kid: string): Promise<VerificationKey | undefined>;
  /** `loading` before the first set, `outdated` while the last fetch failed and the last good set is used. */
  state(): 'loading' | 'ready' | 'outdated';
  /** Resolves after the fetch that runs now. */
  settled(): Promise<void>;
  stats(): { readonly keys: number; readonly fetches: number; readonly lastError: string | null };
  close(): void;
}

/** Between two fetches for unknown keys. */
const UNKNOWN_KEY_PAUSE_MS = 5_000;
const TIMEOUT_MS = 5_000;
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/** Of the `max-age` of a set; the rest is for attempts that fail. */
const FETCH_AHEAD = 0.8;
/** What a set without `max-age` has, what `no-cache` and shorter ones are taken for, and the longest. */
const MAX_AGE_MS = { default: 300_000, min: 10_000, max: 3_600_000 };
const MAX_BYTES = 262_144;
const MAX_KEYS = 100;

/**
 * Keeps the JWKS of the issuer: fetches it at once and again before its `max-age` ends, in the background. While the
 * issuer is away, the last good set stays in use.
 */
export function createKeySet({ url, fetch, onRemoved, onChange }: KeySetOptions): KeySet {
  const closing = new AbortController();
  let keys: ReadonlyMap<string, VerificationKey> | null = null;
  let inFlight: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let beganAtMs = Number.NEGATIVE_INFINITY;
  let fetches = 0;
  let failures = 0;
  let lastError: string | null = null;

  function fetchOnce(): Promise<void> {
    inFlight ??= load().finally(() => {
      inFlight = null;
    });
    return inFlight;
  }

  async function load(): Promise<void> {
    clearTimeout(timer);
    beganAtMs = performance.now();
    fetches += 1;
    let pauseMs: number;
    try {
      const { set, maxAgeMs } = await fetchKeys(url, fetch, closing.signal);
      const before = keys;
      keys = set;
      failures = 0;
      lastError = null;
      pauseMs = maxAgeMs * FETCH_AHEAD;
      if (before !== null && hasLost(before, set)) onRemoved();
    } catch (error) {
      failures += 1;
      lastError = String(error);
      pauseMs = backoffMs(failures, BACKOFF);
    }
    if (closing.signal.aborted) return;
    timer = setTimeout(() => void fetchOnce(), pauseMs);
    timer.unref();
    onChange();
  }

  const isDue = () => performance.now() - beganAtMs >= UNKNOWN_KEY_PAUSE_MS;
  void fetchOnce();

  return {
    find: (kid) => keys?.get(kid),
    mayLearn: () => !closing.signal.aborted && (inFlight !== null || isDue()),
    async findLater(kid) {
      if (inFlight === null && isDue() && !closing.signal.aborted) void fetchOnce();
      await inFlight;
      return keys?.get(kid);
    },
    state() {
      if (keys === null) return 'loading';
      return failures === 0 ? 'ready' : 'outdated';
    },
    settled: async () => void (await inFlight),
    stats: () => ({ keys: keys?.size ?? 0, fetches, lastError }),
    close() {
      clearTimeout(timer);
      closing.abort();
    },
  };
}

async function fetchKeys(
  url: string,
  fetch: KeySetOptions['fetch'],
  closed: AbortSignal,
): Promise<{ readonly set: ReadonlyMap<string, VerificationKey>; readonly maxAgeMs: number }> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // Only the configured address is trusted.
    redirect: 'error',
    signal: AbortSignal.any([closed, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the key set answered ${response.status}`);
  }
  const body = await readJson(response, MAX_BYTES);
  return { set: readKeySet(body), maxAgeMs: readMaxAge(response.headers.get('cache-control')) };
}

/**
 * Keys that verify no access token are left out, and so is a `kid` that two keys have: the token does not tell which.
 * @throws Error when nothing is left
 */
function readKeySet(body: unknown): ReadonlyMap<string, VerificationKey> {
  const listed = (body as { readonly keys?: unknown } | null)?.keys;
  if (!Array.isArray(listed)) throw new Error('the key set has no list of keys');
  const set = new Map<string, VerificationKey>();
  const ambiguous = new Set<string>();
  for (const jwk of listed.slice(0, MAX_KEYS)) {
    const key = readVerificationKey(jwk);
    if (key === null) continue;
    const other = set.get(key.kid);
    if (other !== undefined && !isSame(other, key)) ambiguous.add(key.kid);
    set.set(key.kid, key);
  }
  for (const kid of ambiguous) set.delete(kid);
  if (set.size === 0) throw new Error('the key set has no key that verifies access tokens');
  return set;
}

function hasLost(
  before: ReadonlyMap<string, VerificationKey>,
  after: ReadonlyMap<string, VerificationKey>,
): boolean {
  for (const key of before.values()) {
    const other = after.get(key.kid);
    if (other === undefined || !isSame(key, other)) return true;
  }
  return false;
}

function isSame(one: VerificationKey, other: VerificationKey): boolean {
  return one.algorithm === other.algorithm && one.key.equals(other.key);
}

function readMaxAge(cacheControl: string | null): number {
  const text = cacheControl ?? '';
  if (/\bno-(?:cache|store)\b/i.test(text)) return MAX_AGE_MS.min;
  const [, seconds] = /\bmax-age=(\d{1,9})\b/i.exec(text) ?? [];
  const ms = seconds === undefined ? MAX_AGE_MS.default : Number(seconds) * 1_000;
  return Math.min(MAX_AGE_MS.max, Math.max(MAX_AGE_MS.min, ms));
}
