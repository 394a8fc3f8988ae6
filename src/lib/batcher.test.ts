import { describe, expect, test } from 'vitest';
import { createBatcher } from './batcher.ts';

describe('a batcher', () => {
  test('loads the keys of one turn at once, and gives each caller its own value', async () => {
    const batches: number[][] = [];
    const double = createBatcher<number, number>(async (numbers, resolve) => {
      batches.push(numbers);
      for (const [index, number] of numbers.entries()) resolve(index, number * 2);
    }, 10);
    expect(await Promise.all([double(1), double(2), double(1)])).toEqual([2, 4, 2]);
    expect(await double(3)).toBe(6);
    expect(batches).toEqual([[1, 2, 1], [3]]);
  });

  test('sends a full batch before the end of the turn', async () => {
    const batches: number[][] = [];
    const echo = createBatcher<number, number>(async (numbers, resolve) => {
      batches.push(numbers);
      for (const [index, number] of numbers.entries()) resolve(index, number);
    }, 2);
    await Promise.all([1, 2, 3, 4, 5].map(echo));
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('counts a key by its size, and sends one that is too large alone', async () => {
    const batches: number[][] = [];
    const echo = createBatcher<number, number>(
      async (numbers, resolve) => {
        batches.push(numbers);
        for (const [index, number] of numbers.entries()) resolve(index, number);
      },
      5,
      (number) => number,
    );
    expect(await Promise.all([2, 2, 2, 3, 9, 4, 1, 1].map(echo))).toEqual([2, 2, 2, 3, 9, 4, 1, 1]);
    expect(batches).toEqual([[2, 2], [2, 3], [9], [4, 1], [1]]);
  });

  test('rejects only the keys that have no value when the load fails', async () => {
    const load = createBatcher<string, string>(async (words, resolve) => {
      resolve(0, words[0]?.toUpperCase() ?? '');
      throw new Error('connection lost');
    }, 10);
    const [first, second] = await Promise.allSettled([load('a'), load('b')]);
    expect(first).toEqual({ status: 'fulfilled', value: 'A' });
    expect(second).toMatchObject({ status: 'rejected', reason: { message: 'connection lost' } });
  });

  test('rejects a key that the load left out', async () => {
    const load = createBatcher<string, string>(async (_words, resolve) => resolve(0, 'A'), 10);
    const [first, second] = await Promise.allSettled([load('a'), load('b')]);
    expect(first).toEqual({ status: 'fulfilled', value: 'A' });
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { message: 'the batch was loaded without this key' },
    });
  });

  test('rejects the keys of a load that throws before it returns a promise', async () => {
    const load = createBatcher<string, string>(() => {
      throw new Error('broken');
    }, 10);
    await expect(load('a')).rejects.toThrow('broken');
  });

  test('lets a failed batch not affect the next one', async () => {
    let isLost = true;
    const load = createBatcher<string, string>(async (words, resolve) => {
      if (isLost) throw new Error('connection lost');
      for (const [index, word] of words.entries()) resolve(index, word);
    }, 10);
    await expect(load('a')).rejects.toThrow('lost');
    isLost = false;
    expect(await load('a')).toBe('a');
  });
});
