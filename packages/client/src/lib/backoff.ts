import { untilAborted } from './until-aborted.ts';

/** Bounds of pauses between attempts, in milliseconds. */
export interface Pauses {
  /** After the first failure; it doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Keeps the power finite. */
const MAX_DOUBLINGS = 30;

/**
 * The pause before the next attempt: half of it is random, so that processes that failed together do not come back
 * together.
 * @param failures in a row, at least 1
 */
export function backoffMs(
  failures: number,
  { firstMs, maxMs }: Pauses,
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, MAX_DOUBLINGS));
  return (fullMs * (1 + random())) / 2;
}

/**
 * Resolves after the time, or when the signal aborts.
 * @param keepsAlive whether a process of Node.js waits for it
 */
export async function pause(ms: number, signal: AbortSignal, keepsAlive = true): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapse = () =>
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
      if (!keepsAlive) timer.unref();
    });
  await untilAborted(elapse, signal).catch(() => {});
  clearTimeout(timer);
}
