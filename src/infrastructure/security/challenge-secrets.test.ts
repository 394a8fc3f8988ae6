import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import { createChallengeSecrets } from './challenge-secrets.ts';
import { createMasterKeys } from './master-key.ts';

const masterKey = randomBytes(32);
const secretsUnder = (current: Uint8Array, previous?: Uint8Array) =>
  createChallengeSecrets({ masterKeys: createMasterKeys(current, previous) });
const secrets = secretsUnder(masterKey);
const challenge = '01990000-0000-7000-8000-0000000000aa';

describe('the token of a link', () => {
  test('names its challenge and keeps the hash it was created with', () => {
    fc.assert(
      fc.property(fc.uuid(), (challengeId) => {
        const { token, tokenHash } = secrets.create(challengeId);
        expect(token).toMatch(/^uct_[A-Za-z0-9_-]{86}$/);
        expect(secrets.readToken(token)).toEqual({ challengeId, hash: tokenHash });
      }),
    );
  });

  test('is refused when any one character differs, so that no token has a second spelling', () => {
    const { token } = secrets.create(challenge);
    for (let at = 0; at < token.length; at += 1) {
      for (const other of ['A', 'B', '_']) {
        if (token[at] === other) continue;
        expect(secrets.readToken(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
      }
    }
  });

  test('of another master key, or in any other form, is refused', () => {
    const others = secretsUnder(randomBytes(32));
    expect(secrets.readToken(others.create(challenge).token)).toBeNull();
    fc.assert(fc.property(anyText(), (text) => secrets.readToken(text) === null));
  });
});

test('a replaced master key still accepts links and codes of the previous one', () => {
  const { token, tokenHash, code, codeHmac } = secrets.create(challenge);
  const later = secretsUnder(randomBytes(32), masterKey);
  expect(later.readToken(token)).toEqual({ challengeId: challenge, hash: tokenHash });
  expect(later.codeMatches(challenge, code, codeHmac)).toBe(true);
});

describe('a code', () => {
  test('has six digits and belongs to its challenge and master key', () => {
    const { code, codeHmac } = secrets.create(challenge);
    expect(code).toMatch(/^\d{6}$/);
    expect(secrets.codeMatches(challenge, code, codeHmac)).toBe(true);
    expect(secrets.codeMatches(challenge.toUpperCase(), code, codeHmac)).toBe(true);
    expect(secrets.codeMatches(challenge.replace('aa', 'ab'), code, codeHmac)).toBe(false);
    const others = secretsUnder(randomBytes(32));
    expect(others.codeMatches(challenge, code, codeHmac)).toBe(false);
  });

  test('may be typed with spaces, and every other text is refused', () => {
    const { code, codeHmac } = secrets.create(challenge);
    const spaced = ` ${code.slice(0, 3)} ${code.slice(3)} `;
    expect(secrets.codeMatches(challenge, spaced, codeHmac)).toBe(true);
    for (const wrong of ['', `${code}0`, code.slice(1), `-${code}`, `${code}\n`, `+${code}`]) {
      expect(secrets.codeMatches(challenge, wrong, codeHmac)).toBe(false);
    }
  });

  test('is any of a million', () => {
    const codes = Array.from({ length: 2_000 }, () => secrets.create(challenge).code);
    expect(new Set(codes).size).toBeGreaterThan(1_950);
    expect(new Set(codes.map((code) => code[0])).size).toBe(10);
  });
});
