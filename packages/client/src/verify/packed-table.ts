/** A UUID as four words of 32 bits. */
export interface PackedId {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** @param uuid in the form of RFC 9562, in letters of any case */
export function packId(uuid: string): PackedId {
  const word = (from: number, to: number) => Number.parseInt(uuid.slice(from, to), 16);
  return {
    a: word(0, 8) | 0,
    b: (word(9, 13) << 16) | word(14, 18) | 0,
    c: (word(19, 23) << 16) | word(24, 28) | 0,
    d: word(28, 36) | 0,
  };
}

/** Words of a slot: the id, `not_before` and `until`; the slot is free while `until` is 0. */
const SLOT = 6;
const NOT_BEFORE = 4;
const UNTIL = 5;
const MIN_SLOTS = 1_024;
/** Beyond it look-ups meet too many other entries. */
const MAX_LOAD = 0.8;

/**
 * Ids with two times of whole seconds each, in one typed array: 24 bytes a slot, where a Map takes four times as much.
 * Ids are compared as a whole, so that no id is taken for another one. Open addressing with linear probing; entries go
 * when the table is built again.
 */
export class PackedTable {
  #slots = new Int32Array(MIN_SLOTS * SLOT);
  #size = 0;

  /** Entries, including those whose time is over and that were not dropped yet. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** @returns the `not_before` of the id, or undefined when it is not there or its time is over */
  find(id: PackedId, nowSeconds: number): number | undefined {
    const at = this.#slotOf(id.a, id.b, id.c, id.d);
    return this.#time(at + UNTIL) > nowSeconds ? this.#time(at + NOT_BEFORE) : undefined;
  }

  has(id: PackedId): boolean {
    return this.#time(this.#slotOf(id.a, id.b, id.c, id.d) + UNTIL) !== 0;
  }

  /** Keeps the later one of each time when the id is there. The caller bounds the number of ids. */
  set(id: PackedId, notBefore: number, until: number): void {
    const { a, b, c, d } = id;
    let at = this.#slotOf(a, b, c, d);
    if (this.#time(at + UNTIL) === 0) {
      if (this.#size + 1 > (this.#slots.length / SLOT) * MAX_LOAD) {
        this.#rebuild(0, this.#size + 1);
        at = this.#slotOf(a, b, c, d);
      }
      this.#size += 1;
      this.#slots[at] = a;
      this.#slots[at + 1] = b;
      this.#slots[at + 2] = c;
      this.#slots[at + 3] = d;
    }
    this.#slots[at + NOT_BEFORE] = Math.max(this.#time(at + NOT_BEFORE), notBefore);
    this.#slots[at + UNTIL] = Math.max(this.#time(at + UNTIL), until);
  }

  /** Drops the entries whose time is over. Takes time in proportion to the size. */
  sweep(nowSeconds: number): void {
    let left = 0;
    for (let at = UNTIL; at < this.#slots.length; at += SLOT) {
      if (this.#time(at) > nowSeconds) left += 1;
    }
    if (left < this.#size) this.#rebuild(nowSeconds, left);
  }

  /** The slot of the id, or the free one in which it belongs. */
  #slotOf(a: number, b: number, c: number, d: number): number {
    const slots = this.#slots;
    const mask = slots.length / SLOT - 1;
    // The last words of a UUID are random; the multiplication spreads ids that are not.
    let index = Math.imul(d ^ c, 0x9e3779b1) >>> 8;
    for (;;) {
      const at = (index & mask) * SLOT;
      if (slots[at + UNTIL] === 0) return at;
      if (slots[at + 3] === d && slots[at + 2] === c && slots[at + 1] === b && slots[at] === a) {
        return at;
      }
      index += 1;
    }
  }

  #rebuild(nowSeconds: number, expected: number): void {
    const before = this.#slots;
    let slots = MIN_SLOTS;
    while (slots * MAX_LOAD < expected) slots *= 2;
    const after = new Int32Array(slots * SLOT);
    this.#slots = after;
    this.#size = 0;
    const word = (at: number) => before[at] ?? 0;
    for (let at = 0; at < before.length; at += SLOT) {
      if (word(at + UNTIL) >>> 0 <= nowSeconds) continue;
      const to = this.#slotOf(word(at), word(at + 1), word(at + 2), word(at + 3));
      for (let i = 0; i < SLOT; i += 1) after[to + i] = word(at + i);
      this.#size += 1;
    }
  }

  /** Seconds until 2106, in 32 bits without a sign. */
  #time(at: number): number {
    return (this.#slots[at] ?? 0) >>> 0;
  }
}
