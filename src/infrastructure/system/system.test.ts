import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSystemClock, formatRfc3339 } from './clock.ts';
import { createUuidV7Generator, isUuid } from './ids.ts';

const DAY_MS = 86_400_000;

describe('times', () => {
  test('are formatted in UTC with milliseconds, and parse to the same time', () => {
    expect(formatRfc3339(new Date('2026-03-01T12:00:00+02:00'))).toBe('2026-03-01T10:00:00.000Z');
    const years = {
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(fc.date(years), fc.nat({ max: DAY_MS - 1 }), (date, ms) => {
        const sameDay = new Date(Math.floor(date.getTime() / DAY_MS) * DAY_MS + ms);
        for (const time of [date, sameDay]) {
          const text = formatRfc3339(time);
          expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
          expect(new Date(text)).toEqual(time);
        }
      }),
    );
  });

  test('that RFC 3339 cannot express are rejected', () => {
    expect(() => formatRfc3339(new Date(Number.NaN))).toThrow(RangeError);
    expect(() => formatRfc3339(new Date('+010000-01-01T00:00:00Z'))).toThrow(RangeError);
    expect(() => formatRfc3339(new Date('-000001-01-01T00:00:00Z'))).toThrow(RangeError);
  });

  test('of the system clock do not go back between two calls', () => {
    const clock = createSystemClock();
    const before = clock.now();
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(before.getTime());
  });
});

describe('ids', () => {
  test('are distinct version 7 UUIDs in ascending order', () => {
    const ids = createUuidV7Generator();
    const made = Array.from({ length: 10_000 }, () => ids.next());
    expect(new Set(made).size).toBe(made.length);
    expect([...made].sort()).toEqual(made);
    for (const id of made)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('of every version are valid in upper and lower case', () => {
    fc.assert(
      fc.property(fc.uuid({ version: [1, 2, 3, 4, 5, 6, 7, 8] }), (id) => {
        expect(isUuid(id)).toBe(true);
        expect(isUuid(id.toUpperCase())).toBe(true);
      }),
    );
  });

  test.each([
    '',
    'not-an-id',
    '0198a1b2c3d47e5f8a9b0c1d2e3f4a5b',
    '{0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}',
    ' 0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
    '0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\n',
    '0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g',
    '0198a1b2-c3d4-7e5f-ca9b-0c1d2e3f4a5b',
  ])('%j is not an id', (text) => {
    expect(isUuid(text)).toBe(false);
  });
});
