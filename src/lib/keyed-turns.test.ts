import { expect, test } from 'vitest';
import { createKeyedTurns } from './keyed-turns.ts';

const options = { waitMs: 60_000, maxWaiting: 100, monotonicMs: () => performance.now() };

/** Work that notes its begin and ends by hand. */
function createWorks() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => {
      ends.set(name, () => resolve(name));
    });
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    begun,
    work,
    settle,
    async end(name: string) {
      ends.get(name)?.();
      await settle();
    },
  };
}

test('work of one key runs after each other, that of other keys beside it', async () => {
  const turns = createKeyedTurns(options);
  const { begun, work, end, settle } = createWorks();
  const first = turns('account', 'a', work('first'));
  const second = turns('account', 'a', work('second'));
  const other = turns('other account', 'a', work('other'));
  await settle();
  expect(begun).toEqual(['first', 'other']);
  await end('first');
  expect(begun).toEqual(['first', 'other', 'second']);
  await end('second');
  await end('other');
  expect(await Promise.all([first, second, other])).toEqual(['first', 'second', 'other']);
});

test('clients that wait for one key take turns', async () => {
  const turns = createKeyedTurns(options);
  const { begun, work, end, settle } = createWorks();
  const all = ['flood 1', 'flood 2', 'flood 3', 'flood 4'].map((name) =>
    turns('account', 'attacker', work(name)),
  );
  await settle();
  all.push(turns('account', 'owner', work('owner')));
  await settle();
  await end('flood 1');
  await end('flood 2');
  expect(begun).toEqual(['flood 1', 'flood 2', 'owner']);
  for (const name of ['owner', 'flood 3', 'flood 4']) await end(name);
  await Promise.all(all);
});

test('work beyond the longest queue runs at once, and a failure ends its turn', async () => {
  const turns = createKeyedTurns({ ...options, maxWaiting: 1 });
  const { begun, work, end, settle } = createWorks();
  const failing = turns('account', 'a', () => Promise.reject(new Error('no')));
  const next = turns('account', 'a', work('next'));
  const beyond = turns('account', 'a', work('beyond'));
  await expect(failing).rejects.toThrow('no');
  await settle();
  expect(begun.toSorted()).toEqual(['beyond', 'next']);
  await end('next');
  await end('beyond');
  expect(await Promise.all([next, beyond])).toEqual(['next', 'beyond']);
});
