import { expect, test } from 'vitest';
import { createCircuitBreaker } from './circuit-breaker.ts';

function create() {
  const changes: boolean[] = [];
  const clock = { nowMs: 0 };
  const breaker = createCircuitBreaker({
    nowMs: () => clock.nowMs,
    onChange: (isOpen) => changes.push(isOpen),
  });
  function attempt(succeeded: boolean): boolean {
    const permit = breaker.acquire();
    if (permit !== null) breaker.record(permit, succeeded);
    return permit !== null;
  }
  return { breaker, clock, changes, attempt };
}

test('five failures in a row open the breaker; four, a success and four more do not', () => {
  const { breaker, attempt } = create();
  for (const succeeded of [false, false, false, false, true, false, false, false, false]) {
    attempt(succeeded);
  }
  expect(breaker.isOpen()).toBe(false);
  attempt(false);
  expect(breaker.isOpen()).toBe(true);
  expect(breaker.openings()).toBe(1);
});

test('failures of half of twenty attempts in one window open the breaker; spread over two windows they do not', () => {
  const { breaker, clock, attempt } = create();
  for (let index = 0; index < 19; index += 1) attempt(index % 2 === 0);
  expect(breaker.isOpen()).toBe(false);
  clock.nowMs = 10_000;
  for (let index = 0; index < 19; index += 1) attempt(index % 2 === 0);
  expect(breaker.isOpen()).toBe(false);
  attempt(false);
  expect(breaker.isOpen()).toBe(true);
});

test('an open breaker permits one probe a second, and a successful probe closes it', () => {
  const { breaker, clock, changes, attempt } = create();
  for (let index = 0; index < 5; index += 1) attempt(false);
  clock.nowMs = 999;
  expect(attempt(true)).toBe(false);
  clock.nowMs = 1_000;
  expect(attempt(false)).toBe(true);
  expect(attempt(true)).toBe(false);
  clock.nowMs = 2_000;
  expect(attempt(true)).toBe(true);
  expect(attempt(true)).toBe(true);
  expect(breaker.isOpen()).toBe(false);
  expect(changes).toEqual([true, false]);
});

test('an attempt that began before the breaker opened does not close it', () => {
  const { breaker, attempt } = create();
  const early = breaker.acquire();
  for (let index = 0; index < 5; index += 1) attempt(false);
  if (early !== null) breaker.record(early, true);
  expect(breaker.isOpen()).toBe(true);
});
