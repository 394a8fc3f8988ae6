/** Milliseconds of a clock that never goes back and starts at an arbitrary value: for durations and deadlines. */
export function monotonicMs(): number {
  return performance.now();
}
