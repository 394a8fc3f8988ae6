import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createConnectionQueue } from './connection-queue.ts';

function createGate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('createConnectionQueue', () => {
  test('runs callers one after the other, in the order of their calls', async () => {
    const queue = createConnectionQueue({ maxWaiting: 10, maxWaitMs: 5_000 });
    const log: string[] = [];
    const work = (name: string) =>
      queue.withConnection(async () => {
        log.push(`${name} in`);
        await delay(1);
        log.push(`${name} out`);
        return name;
      });
    expect(await Promise.all(['a', 'b', 'c'].map(work))).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect([queue.busy, queue.waiting]).toEqual([false, 0]);
  });

  test('passes the connection on when the work throws', async () => {
    const queue = createConnectionQueue({ maxWaiting: 10, maxWaitMs: 5_000 });
    await expect(queue.withConnection(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await queue.withConnection(async () => 1)).toBe(1);
  });

  test('rejects a caller that waits too long or finds the queue full', async () => {
    const queue = createConnectionQueue({ maxWaiting: 1, maxWaitMs: 20 });
    const gate = createGate();
    const holder = queue.withConnection(() => gate.opened);
    const waiting = queue.withConnection(async () => 1);
    await expect(queue.withConnection(async () => 2)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    gate.open();
    await holder;
    expect(await queue.withConnection(async () => 3)).toBe(3);
  });

  test('close waits for all earlier callers beyond the limits, and rejects later ones', async () => {
    const queue = createConnectionQueue({ maxWaiting: 1, maxWaitMs: 20 });
    const gate = createGate();
    const done: string[] = [];
    const holder = queue.withConnection(() => gate.opened.then(() => done.push('holder')));
    const closed = queue.close().then(() => done.push('closed'));
    await expect(queue.withConnection(async () => 1)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await delay(40);
    gate.open();
    await Promise.all([holder, closed]);
    expect(done).toEqual(['holder', 'closed']);
    await queue.close();
  });
});
