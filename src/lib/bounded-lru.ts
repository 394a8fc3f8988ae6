import { createLinkedList, type Link } from './linked-list.ts';

export interface BoundedLruOptions {
  readonly maxEntries: number;
  /** Current time in milliseconds, of the same clock as the caller's expiry times. */
  readonly nowMs: () => number;
}

/** A map that removes expired entries and, beyond its bound, the least recently used one. */
export interface BoundedLru<K, V> {
  /** Returns the value and marks it as the most recently used; undefined when absent or expired. */
  get(key: K): V | undefined;
  /** Keeps a value until `expiresAtMs`; at the bound it evicts the least recently used one. */
  set(key: K, value: V, expiresAtMs: number): void;
  delete(key: K): boolean;
  clear(): void;
  /** Number of entries, including expired ones that no call has touched since. */
  size(): number;
}

interface Entry<K, V> {
  readonly key: K;
  readonly value: V;
  readonly expiresAtMs: number;
}

/** Creates an empty map. Every operation takes constant time. */
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
