/** The answer of `Cache.get`. */
export type CacheLookup =
  | { readonly kind: 'hit'; readonly value: string }
  /** Nothing is cached: the caller loads the value and may fill it in under this lease. */
  | { readonly kind: 'lease'; readonly lease: string }
  /** Somebody else is loading it: read the source and do not fill. */
  | { readonly kind: 'busy' };

/** A value that was loaded under a lease. */
export interface CacheFill {
  readonly key: string;
  readonly lease: string;
  readonly value: string;
  readonly ttlMs: number;
}

/**
 * Copies of what the database holds. A key holds a value or a lease; a fill succeeds only under its own lease, and an
 * invalidation removes either one, so that no slow reader can bring an old value back.
 */
export interface Cache {
  get(key: string): Promise<CacheLookup>;
  /**
   * Looks up many keys for hardly more than the price of one. @returns an answer for each, in their order, `busy` where
   * there was none. Rejects only when there was none at all.
   */
  getMany(keys: readonly string[]): Promise<readonly CacheLookup[]>;
  /** @returns false when the lease is gone: the value may be old and was not kept. */
  fill(key: string, lease: string, value: string, ttlMs: number): Promise<boolean>;
  /** As `fill`, at the price of one. @returns how many were kept. */
  fillMany(fills: readonly CacheFill[]): Promise<number>;
  invalidate(keys: readonly string[]): Promise<void>;
}
