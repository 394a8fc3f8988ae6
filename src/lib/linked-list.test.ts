import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { createLinkedList, type Link, type LinkedList } from './linked-list.ts';

/** Removes all values from the front. */
function drain(
  list: LinkedList<string>,
  links: ReadonlyMap<string, Parameters<typeof list.remove>[0]>,
) {
  const values: string[] = [];
  for (let value = list.first(); value !== undefined; value = list.first()) {
    values.push(value);
    const link = links.get(value);
    if (link === undefined || !list.remove(link)) throw new Error(`could not remove ${value}`);
  }
  return values;
}

describe('a linked list', () => {
  const fill = (...values: string[]) => {
    const list = createLinkedList<string>();
    return { list, links: new Map(values.map((value) => [value, list.append(value)])) };
  };

  test('keeps the order of insertion', () => {
    const { list, links } = fill('a', 'b', 'c');
    expect(drain(list, links)).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['a', ['b', 'c']],
    ['b', ['a', 'c']],
    ['c', ['a', 'b']],
  ])('removes %s from its place, once', (value, rest) => {
    const { list, links } = fill('a', 'b', 'c');
    const link = links.get(value);
    if (link === undefined) throw new Error('no link');
    expect(list.remove(link)).toBe(true);
    expect(list.remove(link)).toBe(false);
    expect(drain(list, links)).toEqual(rest);
  });

  test.each([
    ['a', ['b', 'c', 'a']],
    ['b', ['a', 'c', 'b']],
    ['c', ['a', 'b', 'c']],
  ])('moves %s to the end', (value, order) => {
    const { list, links } = fill('a', 'b', 'c');
    const link = links.get(value);
    if (link === undefined) throw new Error('no link');
    list.moveToEnd(link);
    expect(drain(list, links)).toEqual(order);
  });

  test('a removed link keeps no other link alive', () => {
    const { list, links } = fill('a', 'b', 'c');
    for (const link of links.values()) list.remove(link);
    expect([...links.values()].map(({ previous, next }) => [previous, next])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  // A Set would keep 6 to 15 MB until the next full collection.
  test('a removed value needs no full garbage collection', () => {
    setFlagsFromString('--expose-gc');
    const collect: (options?: { type: 'minor' }) => void = runInNewContext('gc');
    const list = createLinkedList<number[]>();
    const held: Link<number[]>[] = [];
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 60_000; index += 1) {
      held.push(list.append(new Array(100).fill(index)));
      const oldest = held.length > 50 ? held.shift() : undefined;
      if (oldest !== undefined) list.remove(oldest);
      if (index % 3_000 === 0) collect({ type: 'minor' });
    }
    for (let round = 0; round < 2; round += 1) collect({ type: 'minor' });
    // All values have 48 MB. Tests of the same process leave some megabytes of their own.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(12_000_000);
  });

  test('accepts values after it was cleared', () => {
    const { list, links } = fill('a', 'b');
    list.clear();
    expect(list.first()).toBeUndefined();
    expect([...links.values()].some((link) => list.remove(link))).toBe(false);
    list.append('c');
    expect(list.first()).toBe('c');
  });
});
