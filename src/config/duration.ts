/** Milliseconds in a second, minute, hour and day (a day is always 24 hours). */
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The accepted form of a duration, as the source of a regular expression. */
export const DURATION_PATTERN = '^[0-9]{1,12}(ms|s|m|h|d)$';

const DURATION = new RegExp(DURATION_PATTERN);
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
  ['ms', 1],
];

/** Milliseconds of `500ms`, `30s`, `5m`, `24h`, `7d`; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const unit = DURATION.exec(text)?.[1];
  const unitMs = UNITS.find(([name]) => name === unit)?.[1];
  if (unit === undefined || unitMs === undefined) return undefined;
  const ms = Number(text.slice(0, -unit.length)) * unitMs;
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Below this, whole days are written as hours: 72h, but 30d. */
const DAYS_FROM_MS = 7 * DAY_MS;

/** Formats `ms` in the largest unit that fits, such as `90s` for 90000; `parseDuration` reads it back. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const [unit, unitMs] = UNITS.find(
    ([, size]) => ms % size === 0 && (size < DAY_MS || ms >= DAYS_FROM_MS),
  ) ?? ['ms', 1];
  return `${ms / unitMs}${unit}`;
}
