import { createLinkedList, type Link } from './linked-list.ts';

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

interface Entry<K, V> {
  readonly key: K;
  readonly value: V;
  readonly expiresAtMs: number;
}

/** Makes an empty map. Every operation takes constant time. */
export function createBoundedLru<K, V>(options: BoundedLruOptions): BoundedLru<K, V> {
  const { maxEntries, nowMs } = options;
  const links = new Map<K, Link<Entry<K, V>>>();
  /** The least recently used first. */
  const byUse = createLinkedList<Entry<K, V>>();

  function remove(key: K): boolean {
    const link = links.get(key);
    return link !== undefined && byUse.remove(link) && links.delete(key);
  }

  return {
    get(key) {
      const link = links.get(key);
      if (link === undefined) return undefined;
      if (link.value.expiresAtMs <= nowMs()) {
        remove(key);
        return undefined;
      }
      byUse.moveToEnd(link);
      return link.value.value;
    },
    set(key, value, expiresAtMs) {
      remove(key);
      if (maxEntries < 1) return;
      const oldest = links.size >= maxEntries ? byUse.first() : undefined;
      if (oldest !== undefined) remove(oldest.key);
      links.set(key, byUse.append({ key, value, expiresAtMs }));
    },
    delete: remove,
    clear() {
      links.clear();
      byUse.clear();
    },
    size: () => links.size,
  };
}
