import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '5',
    's',
    '-1s',
    '+1s',
    '1.5s',
    '1 s',
    ' 1s',
    '1s ',
    '1S',
    '1w',
    '1h30m',
    '1e3s',
    '٣s',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('refuses a number of milliseconds that is not exact', () => {
    expect(parseDuration('999999999999d')).toBeUndefined();
  });

  it('formats to a text that parses to the same duration', () => {
    for (const ms of [
      0, 1, 999, 1_000, 1_500, 60_000, 90_000, 3_600_000, 86_400_000, 2_592_000_000,
    ]) {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }
    expect(formatDuration(90_000)).toBe('90s');
    expect(formatDuration(259_200_000)).toBe('72h');
    expect(formatDuration(2_592_000_000)).toBe('30d');
  });
});
