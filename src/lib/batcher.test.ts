import { describe, expect, test } from 'vitest';
import { createBatcher } from './batcher.ts';

describe('a gathering', () => {
  test('asks once for what is asked for in one turn, and gives each its own answer', async () => {
    const asked: number[][] = [];
    const double = createBatcher<number, number>(async (numbers, answer) => {
      asked.push(numbers);
      for (const [index, number] of numbers.entries()) answer(index, number * 2);
    }, 10);
    expect(await Promise.all([double(1), double(2), double(1)])).toEqual([2, 4, 2]);
    expect(await double(3)).toBe(6);
    expect(asked).toEqual([[1, 2, 1], [3]]);
  });

  test('does not wait for the end of the turn beyond its bound', async () => {
    const asked: number[][] = [];
    const echo = createBatcher<number, number>(async (numbers, answer) => {
      asked.push(numbers);
      for (const [index, number] of numbers.entries()) answer(index, number);
    }, 2);
    await Promise.all([1, 2, 3, 4, 5].map(echo));
    expect(asked).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('refuses only those who have no answer yet', async () => {
    const ask = createBatcher<string, string>(async (words, answer) => {
      answer(0, words[0]?.toUpperCase() ?? '');
      throw new Error('the line is dead');
    }, 10);
    const [first, second] = await Promise.allSettled([ask('a'), ask('b')]);
    expect(first).toEqual({ status: 'fulfilled', value: 'A' });
    expect(second).toMatchObject({ status: 'rejected', reason: { message: 'the line is dead' } });
  });

  test('a failure concerns those who asked together, and nobody after them', async () => {
    let isDead = true;
    const ask = createBatcher<string, string>(async (words, answer) => {
      if (isDead) throw new Error('the line is dead');
      for (const [index, word] of words.entries()) answer(index, word);
    }, 10);
    await expect(ask('a')).rejects.toThrow('dead');
    isDead = false;
    expect(await ask('a')).toBe('a');
  });
});
