/** A place in a list. */
export interface Link<T> {
  readonly value: T;
  /** For the list alone. */
  previous: Link<T> | null;
  /** For the list alone. */
  next: Link<T> | null;
}

/**
 * Values in the order in which they came, each of which can leave in constant time.
 *
 * A `Set` does the same, but with entries that come and go it makes a new table every few dozen of them, and each old
 * table leads to the next. Once one of them has lived long enough to be collected late, all that follow live on with
 * it, and so does everything they held: at 20,000 requests a second some 30 MB a second.
 */
export interface LinkedList<T> {
  first(): T | undefined;
  /** Puts a value at the end. */
  append(value: T): Link<T>;
  /** Puts a held link at the end. */
  moveToEnd(link: Link<T>): void;
  /** Takes a link out. @returns false when it was out already. */
  remove(link: Link<T>): boolean;
  clear(): void;
}

/** Makes an empty list. */
export function createLinkedList<T>(): LinkedList<T> {
  let first: Link<T> | null = null;
  let last: Link<T> | null = null;

  function attach(link: Link<T>): void {
    link.previous = last;
    if (last === null) first = link;
    else last.next = link;
    last = link;
  }

  // A link that is out leads nowhere, so that a long-lived one keeps no other alive.
  function detach(link: Link<T>): void {
    if (link.previous === null) first = link.next;
    else link.previous.next = link.next;
    if (link.next === null) last = link.previous;
    else link.next.previous = link.previous;
    link.previous = null;
    link.next = null;
  }

  return {
    first: () => first?.value,
    append(value) {
      const link: Link<T> = { value, previous: null, next: null };
      attach(link);
      return link;
    },
    moveToEnd(link) {
      if (link === last) return;
      detach(link);
      attach(link);
    },
    remove(link) {
      if (link.previous === null && link !== first) return false;
      detach(link);
      return true;
    },
    clear() {
      while (first !== null) detach(first);
    },
  };
}
