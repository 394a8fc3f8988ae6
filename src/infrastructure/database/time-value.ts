/** The last and the first time that RFC 3339 can write. */
const LATEST = new Date('9999-12-31T23:59:59.999Z');
export const EARLIEST = new Date('0001-01-01T00:00:00.000Z');

/** The output of DateStyle ISO: a year of four to six digits, then an offset for a time with zone. */
const ISO_TIME =
  /^(\d{4,6})-(\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:([+-]\d\d)(?::?(\d\d))?(?::\d\d)?)?( BC)?$/;

/**
 * Reads a time from PostgreSQL. A time outside of the years 1 to 9999, which only another program can have stored, is
 * read as the nearest one inside: one such row must not make its page fail.
 * @throws RangeError for any other text: a value that cannot be read must not pass for a missing one.
 */
export function parseTime(text: string): Date {
  if (text === 'infinity') return LATEST;
  if (text === '-infinity') return EARLIEST;
  const [, year, day, clock, hours, minutes, era] = ISO_TIME.exec(text) ?? [];
  if (year === undefined) throw unreadable();
  if (era !== undefined) return EARLIEST;
  if (year.length > 4) return LATEST;
  const offset = hours === undefined ? 'Z' : `${hours}:${minutes ?? '00'}`;
  const time = new Date(`${year}-${day}T${clock}${offset}`);
  if (Number.isNaN(time.getTime())) throw unreadable();
  return time;
}

function unreadable(): RangeError {
  return new RangeError('PostgreSQL sent a time in an unknown form: DateStyle must be ISO.');
}
