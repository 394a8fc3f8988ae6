import { describe, expect, it } from 'vitest';
import { createKeyUsage } from './key-usage.ts';

function setUp() {
  const state = { nowMs: 0, isDown: false };
  const writes: (readonly string[])[] = [];
  const usage = createKeyUsage({
    accounts: {
      async markKeysUsed(ids) {
        if (state.isDown) throw new Error('down');
        writes.push(ids);
      },
    },
    monotonicMs: () => state.nowMs,
  });
  return { usage, state, writes };
}

describe('the last use of service keys', () => {
  it('is written once a minute for a key, however often it is used', async () => {
    const { usage, state, writes } = setUp();
    for (let use = 0; use < 100; use += 1) usage.record('key 1');
    usage.record('key 2');
    await usage.write();
    usage.record('key 1');
    await usage.write();
    expect(writes).toEqual([['key 1', 'key 2']]);
    state.nowMs = 60_000;
    usage.record('key 1');
    await usage.write();
    expect(writes).toEqual([['key 1', 'key 2'], ['key 1']]);
  });

  it('is kept for the next write while the database is away', async () => {
    const { usage, state, writes } = setUp();
    usage.record('key 1');
    state.isDown = true;
    await expect(usage.write()).rejects.toThrow('down');
    state.isDown = false;
    await usage.write();
    expect(writes).toEqual([['key 1']]);
  });

  it('takes memory for a bounded number of keys', async () => {
    const { usage, writes } = setUp();
    for (let key = 0; key < 25_000; key += 1) usage.record(`key ${key}`);
    await usage.write();
    expect(writes[0]).toHaveLength(10_000);
  });
});
