import { describe, expect, test } from 'vitest';
import { publicProfilesBody } from './schemas/public-profiles.ts';
import { registrationBody } from './schemas/user-bodies.ts';
import { findFieldErrors } from './validation.ts';

const ID = '0198c0de-0000-7000-8000-0000000000aa';

/** An array that counts how often one of its elements is read. */
function countedArray(length: number, element: unknown) {
  const counted = { reads: 0 };
  const array = new Proxy(Array<unknown>(length).fill(element), {
    get(target, name, receiver) {
      if (typeof name === 'string' && /^\d+$/.test(name)) counted.reads += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  return { array, counted };
}

describe('validation', () => {
  test('does not visit the elements beyond the number that is allowed', () => {
    const { array, counted } = countedArray(16_000, 1);
    const errors = findFieldErrors('body', publicProfilesBody, { ids: array });
    expect(errors[0]).toMatchObject({ pointer: '/ids', code: 'wrong_count' });
    expect(errors).toHaveLength(100);
    expect(counted.reads).toBe(100);
  });

  test('finds every wrong element of an array of the allowed length, the first hundred of them', () => {
    const ids = (wrong: (index: number) => boolean) =>
      Array.from({ length: 500 }, (_, index) => (wrong(index) ? 'x' : ID));
    const pointers = (wrong: (index: number) => boolean) =>
      findFieldErrors('body', publicProfilesBody, { ids: ids(wrong) }).map(
        (error) => error.pointer,
      );
    expect(pointers((index) => [50, 300, 499].includes(index))).toEqual([
      '/ids/50',
      '/ids/300',
      '/ids/499',
    ]);
    expect(pointers(() => true)).toEqual(
      Array.from({ length: 100 }, (_, index) => `/ids/${index}`),
    );
    expect(pointers(() => false)).toEqual([]);
  });

  test('lists known fields beside thousands of unknown ones', () => {
    const unknown = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`u${i}`, i]));
    const errors = findFieldErrors('body', registrationBody, { ...unknown, email: 1 });
    expect(errors).toHaveLength(100);
    const distinct = new Set(errors.map(({ pointer, code }) => `${pointer} ${code}`));
    expect(distinct.size).toBe(100);
  });
});
