import { describe, expect, test } from 'vitest';
import { DeadlineExceeded, untilAborted, withDeadline, withFallback } from './deadline.ts';

const never = () => new Promise<string>(() => {});

describe('a deadline', () => {
  test('names the work that did not end in time', async () => {
    const late = withDeadline('reading', 5, never);
    await expect(late).rejects.toThrow(DeadlineExceeded);
    await expect(late).rejects.toThrow('reading was not done within 5 ms');
  });

  test('passes on results and errors, thrown or rejected', async () => {
    expect(await withDeadline('reading', 1_000, () => 'value')).toBe('value');
    await expect(
      withDeadline('reading', 1_000, () => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
  });
});

describe('a fallback', () => {
  test('replaces a late result', async () => {
    expect(await withFallback(5, never, () => 'fallback')).toBe('fallback');
    expect(
      await withFallback(
        1_000,
        () => 'value',
        () => 'fallback',
      ),
    ).toBe('value');
  });

  test('may throw', async () => {
    const late = withFallback(5, never, () => {
      throw new Error('late');
    });
    await expect(late).rejects.toThrow('late');
  });
});

describe('work until an abort', () => {
  test('rejects with the reason of the signal', async () => {
    const controller = new AbortController();
    const work = untilAborted(controller.signal, never);
    controller.abort(new Error('stop'));
    await expect(work).rejects.toThrow('stop');
  });

  test('is not begun when the signal has aborted', async () => {
    let begun = false;
    const work = untilAborted(AbortSignal.abort(new Error('stop')), async () => {
      begun = true;
    });
    await expect(work).rejects.toThrow('stop');
    expect(begun).toBe(false);
  });

  test('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    expect(await untilAborted(signal, async () => 'value')).toBe('value');
    expect(listeners).toBe(0);
  });
});
