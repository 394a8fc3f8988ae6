import { describe, expect, it } from 'vitest';
import { isUuid } from './uuid.ts';

describe('isUuid', () => {
  it.each([
    '0198c0de-0000-7000-8000-00000000000a',
    '0198C0DE-0000-4000-8000-00000000000A',
    '00000000-0000-0000-0000-000000000000',
  ])('accepts %s', (text) => {
    expect(isUuid(text)).toBe(true);
  });

  it.each([
    '',
    '0198c0de00007000800000000000000a',
    '{0198c0de-0000-7000-8000-00000000000a}',
    '0198c0de-0000-7000-8000-00000000000g',
    '0198c0de-0000-7000-8000-00000000000a\n',
  ])('rejects %j', (text) => {
    expect(isUuid(text)).toBe(false);
  });
});
