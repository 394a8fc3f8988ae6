import { describe, expect, it } from 'vitest';
import { decodeMasterKey, masterKeyWeakness } from './master-key.ts';

const RANDOM = 'S4pe5uA+Pgk3kSGFRpgBnUdT3pJd1vK4dFyzb1qTk0A=';

function base64(bytes: Iterable<number> | string): string {
  return Buffer.from(typeof bytes === 'string' ? bytes : [...bytes]).toString('base64');
}

describe('the master key', () => {
  it.each([RANDOM, RANDOM.replace('=', ''), RANDOM.replaceAll('+', '-').replaceAll('/', '_')])(
    'may be 32 random bytes in base64 or base64url: %s',
    (text) => {
      expect(masterKeyWeakness(text)).toBeUndefined();
      expect(decodeMasterKey(text)).toEqual(Buffer.from(RANDOM, 'base64'));
    },
  );

  it('may be longer', () => {
    expect(masterKeyWeakness(`${RANDOM.slice(0, 40)}${RANDOM}`)).toBeUndefined();
  });

  it.each([
    ['one byte short', RANDOM.slice(0, 42), 'is too short (31 bytes)'],
    ['empty after decoding', '====', 'is not base64'],
    ['not base64', 'correct horse battery staple, and so on and on', 'is not base64'],
    ['one byte repeated', base64(new Uint8Array(32)), 'repeats itself'],
    ['one character repeated', 'A'.repeat(44), 'repeats itself'],
    [
      'sixteen bytes twice',
      base64([
        ...Buffer.from(RANDOM, 'base64').subarray(0, 16),
        ...Buffer.from(RANDOM, 'base64').subarray(0, 16),
      ]),
      'repeats itself',
    ],
    ['counted bytes', base64(Array.from({ length: 32 }, (_, i) => i)), 'is a counted sequence'],
    ['readable text', base64('the quick brown fox jumps over it'), 'is plain text'],
    ['an example', 'changeme-changeme-changeme-changeme-changeme', 'looks like an example'],
    ['a default', 'MyDefaultKeyMyDefaultKeyMyDefaultKeyMyDefaultK', 'looks like an example'],
  ])('may not be %s', (_name, text, weakness) => {
    expect(masterKeyWeakness(text)).toContain(weakness);
  });
});
