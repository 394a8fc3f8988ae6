import { InvalidArgumentError } from 'commander';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Whole seconds of a duration such as `90s`, `15m`, `24h` or `30d`. */
export function seconds(text: string): number {
  const [, amount, unit = ''] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? [];
  const factor = UNIT_SECONDS[unit];
  if (factor === undefined) {
    throw new InvalidArgumentError('Must be a duration such as 90s, 15m, 24h or 30d.');
  }
  return Number(amount) * factor;
}
