import type { Clock } from '../../domain/ports.ts';

/** The machine's wall clock. */
export function createSystemClock(): Clock {
  return { now: () => new Date() };
}

/**
 * A time as RFC 3339 §5.6 text, always in UTC with milliseconds and `Z`, so that texts sort as their times do.
 * @throws RangeError for an invalid date or a year outside 0000–9999, which RFC 3339 cannot write.
 */
export function formatRfc3339(date: Date): string {
  const text = date.toISOString();
  if (text.length !== 24) throw new RangeError('RFC 3339 has four-digit years only');
  return text;
}
