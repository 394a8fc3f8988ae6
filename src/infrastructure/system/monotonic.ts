/** Milliseconds of a clock that only goes forward, from an unknown start: for durations and deadlines. */
export function monotonicMs(): number {
  return performance.now();
}
