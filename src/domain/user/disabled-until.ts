import { InvalidValue } from '../errors.ts';

/** RFC 3339 §5.6 with seconds, and a zone. */
const RFC_3339 =
  /^(\d{4}-(\d{2})-(\d{2}))[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](\d{2}):(\d{2}))$/;
const DAY_MS = 86_400_000;
/** Longest time for which a user is disabled with an end, in days: ten years. */
export const DISABLED_MAX_DAYS = 3_653;

/**
 * Parses the time at which a disabled user is enabled again.
 * @throws InvalidValue when it is not a time, not in the future, or too far away
 */
export function parseDisabledUntil(input: string, now: Date): Date {
  const time = readTime(input);
  if (time === null) {
    throw new InvalidValue(
      'time_format',
      'Must be a time as RFC 3339 writes it, such as 2027-01-31T12:00:00Z.',
    );
  }
  if (time <= now) throw new InvalidValue('time_not_future', 'Must lie in the future.');
  if (time.getTime() - now.getTime() > DISABLED_MAX_DAYS * DAY_MS) {
    throw new InvalidValue(
      'time_too_far',
      `Must lie within ${DISABLED_MAX_DAYS} days. Leave it out to disable without an end.`,
    );
  }
  return time;
}

/** To the millisecond; a leap second counts as no time. */
function readTime(input: string): Date | null {
  const match = RFC_3339.exec(input);
  if (match === null) return null;
  const [, date = '', , , hour, minute, second, zoneHour, zoneMinute] = match;
  // `Date` carries 30 February over into March.
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (Number(zoneHour ?? 0) > 23 || Number(zoneMinute ?? 0) > 59) return null;
  const time = new Date(input.toUpperCase());
  return Number.isNaN(time.getTime()) ? null : time;
}
