/** The bound of a `BoundedLru` and the clock that its expiries are compared with. */
export interface BoundedLruOptions {
  readonly maxEntries: number;
  /** Now, in milliseconds of any clock that the caller's expiries use too. */
  readonly nowMs: () => number;
}

/** A map that forgets: what expired, and beyond its bound what was not used for longest. */
export interface BoundedLru<K, V> {
  /** The value, which becomes the most recently used; undefined when absent or expired. */
  get(key: K): V | undefined;
  /** Keeps a value until `expiresAtMs`, displacing the least recently used one at the bound. */
  set(key: K, value: V, expiresAtMs: number): void;
  delete(key: K): boolean;
  clear(): void;
  /** Entries held, those that expired and were not asked for since included. */
  size(): number;
}

/** Makes an empty map. Every operation takes constant time. */
export function createBoundedLru<K, V>(options: BoundedLruOptions): BoundedLru<K, V> {
  const { maxEntries, nowMs } = options;
  // A Map iterates in order of insertion: the first key is the least recently used one.
  const entries = new Map<K, { readonly value: V; readonly expiresAtMs: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (entry.expiresAtMs <= nowMs()) return undefined;
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, expiresAtMs) {
      entries.delete(key);
      if (maxEntries < 1) return;
      if (entries.size >= maxEntries) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest);
          break;
        }
      }
      entries.set(key, { value, expiresAtMs });
    },
    delete: (key) => entries.delete(key),
    clear: () => entries.clear(),
    size: () => entries.size,
  };
}
