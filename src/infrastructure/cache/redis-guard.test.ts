import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Logger } from '../../domain/ports.ts';
import type { RedisClient } from './redis-client.ts';
import { createRedisGuard } from './redis-guard.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const DEADLINE_MS = 75;
const WARM_UP_MS = 1_500;

function create() {
  const lines: string[] = [];
  const log = (message: string) => void lines.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, with: () => logger };
  const pings: { resolve(reply: string): void; reject(error: Error): void }[] = [];
  const client = Object.assign(new EventEmitter(), {
    status: 'ready',
    ping: () => new Promise<string>((resolve, reject) => void pings.push({ resolve, reject })),
  });
  const guard = createRedisGuard(client as unknown as RedisClient, {
    logger,
    nowMs: () => Date.now(),
    deadlineMs: DEADLINE_MS,
  });
  return { guard, client, pings, lines };
}

const succeed = async () => 'OK';
const fail = async () => {
  throw new Error('reset');
};
const hang = () => new Promise<string>(() => undefined);
const NOT_USED = /not used/;

/** Lets a command miss its deadline. */
async function miss({ guard }: ReturnType<typeof create>): Promise<void> {
  const missed = expect(guard.execute(1, hang)).rejects.toThrow('did not respond within 75 ms');
  await vi.advanceTimersByTimeAsync(DEADLINE_MS + 1);
  await missed;
}

describe('a command', () => {
  test('ends at the deadline', async () => {
    await miss(create());
  });

  test('fails at once without a connection', async () => {
    const { guard, client } = create();
    client.status = 'reconnecting';
    const command = vi.fn(succeed);
    await expect(guard.execute(1, command)).rejects.toThrow('not connected');
    expect(command).not.toHaveBeenCalled();
  });
});

describe('a stalled server', () => {
  test('gets no look-up until it has responded to a ping, and invalidations all the same', async () => {
    const world = create();
    const { guard, pings } = world;
    await miss(world);
    await expect(guard.execute(3, succeed)).rejects.toThrow(NOT_USED);
    expect(guard.stats().rejectedKeys).toBe(3);
    expect(await guard.executeAlways(succeed)).toBe('OK');
    expect(await guard.executeUncounted(succeed)).toBe('OK');
    pings[0]?.reject(new Error('Command timed out'));
    await vi.advanceTimersByTimeAsync(0);
    await expect(guard.execute(1, succeed)).rejects.toThrow(NOT_USED);
    pings[1]?.resolve('PONG');
    await vi.advanceTimersByTimeAsync(0);
    expect(await guard.execute(1, succeed)).toBe('OK');
  });

  test('is detected by the clock when the timer of the overdue command is late', async () => {
    const { guard } = create();
    void guard.execute(1, hang).catch(() => undefined);
    vi.setSystemTime(Date.now() + DEADLINE_MS);
    await expect(guard.execute(1, succeed)).rejects.toThrow(NOT_USED);
  });
});

describe('an open circuit breaker', () => {
  test('rejects look-ups, sends invalidations, and closes after a successful probe', async () => {
    const { guard, lines } = create();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(guard.execute(1, fail)).rejects.toThrow('reset');
    }
    expect(guard.stats()).toMatchObject({ errors: 5, breakerOpen: true, breakerOpenings: 1 });
    await expect(guard.execute(1, succeed)).rejects.toThrow(NOT_USED);
    expect(await guard.executeAlways(succeed)).toBe('OK');
    expect(guard.isBreakerOpen()).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await guard.execute(1, succeed)).toBe('OK');
    expect(guard.isBreakerOpen()).toBe(false);
    expect(lines).toHaveLength(2);
  });

  test('does not follow from error replies or from uncounted commands', async () => {
    const { guard } = create();
    const refuse = async () => {
      throw Object.assign(new Error('OOM'), { name: 'ReplyError' });
    };
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await expect(guard.execute(1, refuse)).rejects.toThrow('OOM');
      await expect(guard.executeUncounted(fail)).rejects.toThrow('reset');
    }
    expect(guard.stats()).toMatchObject({ errors: 10, breakerOpen: false });
  });
});

describe('a reconnection', () => {
  test('is followed by a warm-up, and the first connection is not', () => {
    const { guard, client } = create();
    const reconnected = vi.fn();
    guard.onReconnected(reconnected);
    client.emit('ready');
    expect(guard.isTrusted()).toBe(true);
    client.emit('close');
    expect(reconnected).not.toHaveBeenCalled();
    client.emit('ready');
    expect(reconnected).toHaveBeenCalledOnce();
    expect(guard.isTrusted()).toBe(false);
    vi.advanceTimersByTime(WARM_UP_MS - 1);
    expect(guard.isTrusted()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(guard.isTrusted()).toBe(true);
  });
});
