import { describe, expect, test } from 'vitest';
import { DeadlineExceeded } from './deadline.ts';
import { createReleaseStack, type ReleaseFailure, startOrRelease } from './release-stack.ts';

describe('a release stack', () => {
  test('releases last-in first-out, one after the other', async () => {
    const log: string[] = [];
    const releases = createReleaseStack();
    for (const name of ['first', 'second', 'third']) {
      releases.register(name, async () => {
        log.push(`${name} begins`);
        await Promise.resolve();
        log.push(`${name} ends`);
      });
    }
    expect(await releases.releaseAll()).toEqual([]);
    expect(log).toEqual([
      'third begins',
      'third ends',
      'second begins',
      'second ends',
      'first begins',
      'first ends',
    ]);
  });

  test('a failing or hanging release keeps none of the others from theirs', async () => {
    const released: string[] = [];
    const releases = createReleaseStack();
    releases.register('bottom', () => released.push('bottom'));
    releases.register('broken', () => {
      throw new Error('no');
    });
    releases.register('hanging', () => new Promise(() => undefined), 5);
    releases.register('top', () => released.push('top'));
    const failures = await releases.releaseAll();
    expect(released).toEqual(['top', 'bottom']);
    expect(failures.map(({ name }) => name)).toEqual(['hanging', 'broken']);
    expect(failures[0]?.error).toBeInstanceOf(DeadlineExceeded);
  });

  test('releases each thing once, however often it is asked', async () => {
    let count = 0;
    const releases = createReleaseStack();
    releases.register('thing', () => {
      count += 1;
    });
    await Promise.all([releases.releaseAll(), releases.releaseAll()]);
    await releases.releaseAll();
    expect(count).toBe(1);
  });

  test('releases what was acquired while releasing and after it', async () => {
    const released: string[] = [];
    const releases = createReleaseStack();
    releases.register('early', async () => {
      releases.register('meanwhile', () => released.push('meanwhile'));
    });
    await releases.releaseAll();
    const late = new Promise<void>((resolve) => releases.register('late', resolve));
    await late;
    expect(released).toEqual(['meanwhile']);
  });
});

describe('a start-up under a release stack', () => {
  test('that fails halfway releases what it acquired and fails with its own error', async () => {
    const released: string[] = [];
    const failures: ReleaseFailure[] = [];
    const start = startOrRelease(
      async (releases) => {
        releases.register('pool', () => released.push('pool'));
        releases.register('broken', () => Promise.reject(new Error('cannot close')));
        await Promise.resolve();
        throw new Error('port taken');
      },
      (failure) => failures.push(failure),
    );
    await expect(start).rejects.toThrow('port taken');
    expect(released).toEqual(['pool']);
    expect(failures.map(({ name }) => name)).toEqual(['broken']);
  });

  test('that succeeds keeps everything until it is released', async () => {
    const released: string[] = [];
    const { value, releases } = await startOrRelease(
      async (stack) => {
        stack.register('pool', () => released.push('pool'));
        return 'app';
      },
      () => undefined,
    );
    expect([value, released]).toEqual(['app', []]);
    await releases.releaseAll();
    expect(released).toEqual(['pool']);
  });
});
