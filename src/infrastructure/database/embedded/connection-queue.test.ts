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
  test('lets callers in one after the other, in the order they came', async () => {
    const turns = createConnectionQueue({ maxWaiting: 10, maxWaitMs: 5_000 });
    const log: string[] = [];
    const work = (name: string) =>
      turns.take(async () => {
        log.push(`${name} in`);
        await delay(1);
        log.push(`${name} out`);
        return name;
      });
    expect(await Promise.all(['a', 'b', 'c'].map(work))).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect([turns.taken, turns.waiting]).toEqual([false, 0]);
  });

  test('passes the turn on when the work throws', async () => {
    const turns = createConnectionQueue({ maxWaiting: 10, maxWaitMs: 5_000 });
    await expect(turns.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turns.take(async () => 1)).toBe(1);
  });

  test('refuses whoever would wait too long, or behind too many', async () => {
    const turns = createConnectionQueue({ maxWaiting: 1, maxWaitMs: 20 });
    const gate = createGate();
    const holder = turns.take(() => gate.opened);
    const waiting = turns.take(async () => 1);
    await expect(turns.take(async () => 2)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    gate.open();
    await holder;
    expect(await turns.take(async () => 3)).toBe(3);
  });

  test('closing waits for all who came before, however many, and refuses later ones', async () => {
    const turns = createConnectionQueue({ maxWaiting: 1, maxWaitMs: 20 });
    const gate = createGate();
    const done: string[] = [];
    const holder = turns.take(() => gate.opened.then(() => done.push('holder')));
    const closed = turns.close().then(() => done.push('closed'));
    await expect(turns.take(async () => 1)).rejects.toMatchObject({ code: 'unavailable' });
    await delay(40);
    gate.open();
    await Promise.all([holder, closed]);
    expect(done).toEqual(['holder', 'closed']);
    await turns.close();
  });
});
