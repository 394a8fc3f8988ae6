import { InvalidValue } from './errors.ts';

/** RFC 3339 §5.6 with seconds, and a zone. */
const RFC_3339 =
  /^(\d{4}-(\d{2})-(\d{2}))[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](\d{2}):(\d{2}))$/;

/**
 * Parses a time of RFC 3339.
 * @throws InvalidValue
 */
export function parseTime(input: string): Date {
  const time = readTime(input);
  if (time !== null) return time;
  throw new InvalidValue(
    'time_format',
    'Must be a time as RFC 3339 writes it, such as 2027-01-31T12:00:00Z.',
  );
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
