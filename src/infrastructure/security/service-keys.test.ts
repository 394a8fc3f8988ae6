import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import { createServiceKeys } from './service-keys.ts';

const keys = createServiceKeys();

describe('service keys', () => {
  test('never repeat, and hash to the value they were created with', () => {
    const made = Array.from({ length: 1_000 }, () => keys.create());
    expect(new Set(made.map(({ key }) => key)).size).toBe(1_000);
    for (const { key, hash } of made) {
      expect(key).toMatch(/^usk_[A-Za-z0-9_-]{49}$/);
      expect(hash).toHaveLength(32);
      expect(keys.hash(key)).toEqual(hash);
    }
  });

  test('with a wrong, swapped, missing or extra character are rejected', () => {
    const { key } = keys.create();
    for (let at = 4; at < key.length; at += 1) {
      const other = key[at] === 'x' ? 'y' : 'x';
      expect(keys.hash(key.slice(0, at) + other + key.slice(at + 1))).toBeNull();
      const swapped =
        key.slice(0, at - 1) + (key[at] ?? '') + (key[at - 1] ?? '') + key.slice(at + 1);
      if (swapped !== key) expect(keys.hash(swapped)).toBeNull();
    }
    expect(keys.hash(key.slice(0, -1))).toBeNull();
    expect(keys.hash(`${key}a`)).toBeNull();
    expect(keys.hash(`${key}\n`)).toBeNull();
  });

  test('in any other format are rejected', () => {
    fc.assert(fc.property(anyText(), (text) => keys.hash(text) === null));
  });
});
