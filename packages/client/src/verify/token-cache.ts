/** Verified tokens with what was found out about them. */
export interface TokenCache<T extends { readonly token: string }> {
  get(token: string): T | undefined;
  set(entry: T): void;
  clear(): void;
  size(): number;
}

/** Enough of the signature to tell tokens apart. The hash of the whole text would cost more than all other checks. */
const KEY_LENGTH = 32;

/**
 * Keeps the tokens that were used last, in two generations: when the young one has half of the entries, it becomes the
 * old one, and what is still in the old one is forgotten. A hit costs one look-up, and every step takes constant time.
 * Only valid tokens are kept, so that a flood of others displaces none.
 * @param maxEntries of both generations together
 */
export function createTokenCache<T extends { readonly token: string }>(
  maxEntries: number,
): TokenCache<T> {
  const perGeneration = Math.ceil(maxEntries / 2);
  let young = new Map<string, T>();
  let old = new Map<string, T>();

  function set(entry: T): void {
    if (maxEntries === 0) return;
    if (young.size >= perGeneration) {
      old = young;
      young = new Map();
    }
    young.set(entry.token.slice(-KEY_LENGTH), entry);
  }

  return {
    get(token) {
      const key = token.slice(-KEY_LENGTH);
      const recent = young.get(key);
      if (recent !== undefined) return recent.token === token ? recent : undefined;
      const earlier = old.get(key);
      if (earlier === undefined || earlier.token !== token) return undefined;
      set(earlier);
      return earlier;
    },
    set,
    clear() {
      young = new Map();
      old = new Map();
    },
    size: () => young.size + old.size,
  };
}
