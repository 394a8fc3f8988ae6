import { InvalidValue } from '../errors.ts';
import { parseTime } from '../time.ts';

const DAY_MS = 86_400_000;
/** Longest time for which a user is disabled with an end, in days: ten years. */
export const DISABLED_MAX_DAYS = 3_653;

/**
 * Parses the time at which a disabled user is enabled again.
 * @throws InvalidValue when it is not a time, not in the future, or too far away
 */
export function parseDisabledUntil(input: string, now: Date): Date {
  const time = parseTime(input);
  if (time <= now) throw new InvalidValue('time_not_future', 'Must lie in the future.');
  if (time.getTime() - now.getTime() > DISABLED_MAX_DAYS * DAY_MS) {
    throw new InvalidValue(
      'time_too_far',
      `Must lie within ${DISABLED_MAX_DAYS} days. Leave it out to disable without an end.`,
    );
  }
  return time;
}
