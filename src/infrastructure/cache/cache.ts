/** The result of looking up one key. */
export type CacheLookup =
  | { readonly kind: 'hit'; readonly value: string }
  /** Nothing is cached: load the value from the source, then fill it in under this lease. */
  | { readonly kind: 'lease'; readonly lease: string }
  /** Another reader holds the lease, or no command was sent: read the source and do not fill. */
  | { readonly kind: 'busy' };

/** A value that was loaded under a lease. */
export interface CacheFill {
  readonly key: string;
  readonly lease: string;
  readonly value: string;
  readonly ttlMs: number;
}

/**
 * Copies of rows in the database. A key holds a value or a lease. A fill succeeds only under the key's own lease, and
 * an invalidation removes value and lease alike, so a slow reader cannot restore an old value.
 */
export interface Cache {
  get(key: string): Promise<CacheLookup>;
  /**
   * Looks up many keys in about one round trip. @returns one result per key, in order; `busy` for a key without a
   * response. Rejects only when no key got a response.
   */
  getMany(keys: readonly string[]): Promise<readonly CacheLookup[]>;
  /** @returns false when the lease is gone: the value may be old and was not kept. */
  fill(key: string, lease: string, value: string, ttlMs: number): Promise<boolean>;
  /** Fills many keys in about one round trip. @returns how many values were kept. */
  fillMany(fills: readonly CacheFill[]): Promise<number>;
  /** @returns false (or rejects) when a value may remain cached until it expires or is invalidated again. */
  invalidate(keys: readonly string[]): Promise<boolean>;
}
