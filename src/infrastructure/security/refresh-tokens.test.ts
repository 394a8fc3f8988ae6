import { hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import { createMasterKeys } from './master-key.ts';
import { createRefreshTokens } from './refresh-tokens.ts';
import { openBytes } from './sealing.ts';

const masterKey = randomBytes(32);
const tokens = createRefreshTokens({ masterKeys: createMasterKeys(masterKey) });
const session = '01990000-0000-7000-8000-0000000000aa';

describe('refresh tokens', () => {
  test('name their session and keep the hash they were created with', () => {
    fc.assert(
      fc.property(fc.uuid(), (sessionId) => {
        const { token, hash } = tokens.create(sessionId);
        expect(token).toMatch(/^urt_[A-Za-z0-9_-]{86}$/);
        expect(hash).toHaveLength(32);
        expect(tokens.read(token)).toEqual({ sessionId, hash });
      }),
    );
  });

  test('for one session never repeat', () => {
    const made = Array.from({ length: 1_000 }, () => tokens.create(session).token);
    expect(new Set(made).size).toBe(1_000);
  });

  test('are rejected when any one character differs, so that no token has a second spelling', () => {
    const { token } = tokens.create(session);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < token.length; at += 1) {
      for (const other of at === token.length - 1 ? alphabet : ['A', '_']) {
        if (token[at] === other) continue;
        expect(tokens.read(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
      }
    }
  });

  test('from another master key are rejected', () => {
    const others = createRefreshTokens({ masterKeys: createMasterKeys(randomBytes(32)) });
    expect(tokens.read(others.create(session).token)).toBeNull();
  });

  test('from the previous master key are accepted while it is configured, and new ones are under the current key', () => {
    const next = randomBytes(32);
    const rotating = createRefreshTokens({ masterKeys: createMasterKeys(next, masterKey) });
    const rotated = createRefreshTokens({ masterKeys: createMasterKeys(next) });
    const old = tokens.create(session);
    expect(rotating.read(old.token)).toEqual({ sessionId: session, hash: old.hash });
    expect(rotated.read(old.token)).toBeNull();
    const { token, hash } = rotating.create(session);
    expect(rotated.read(token)).toEqual({ sessionId: session, hash });
    expect(tokens.read(token)).toBeNull();
  });

  test('in any other format are rejected without an exception', () => {
    const { token } = tokens.create(session);
    for (const text of [
      '',
      'urt_',
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      token.slice(4),
      token.toUpperCase(),
    ]) {
      expect(tokens.read(text)).toBeNull();
    }
    fc.assert(fc.property(anyText(), (text) => tokens.read(text) === null));
  });

  test('are created for UUIDs only', () => {
    expect(() => tokens.create('no-session')).toThrow('UUID');
  });

  test('sealed under a predecessor open with that predecessor only', () => {
    const [old, next, foreign] = [1, 2, 3].map(() => tokens.create(session).token);
    if (old === undefined || next === undefined || foreign === undefined)
      throw new Error('missing token');
    const sealed = tokens.seal(next, old);
    expect(Buffer.from(sealed).includes(next)).toBe(false);
    expect(tokens.open(sealed, old)).toBe(next);
    expect(tokens.open(sealed, foreign)).toBeNull();
    expect(tokens.open(sealed, next)).toBeNull();
  });

  test('are sealed under the key that HKDF derives, so that instances of every version open them', () => {
    const [old, next] = [tokens.create(session).token, tokens.create(session).token];
    const derived = hkdfSync('sha256', old, '', 'user-service/refresh-successor/1', 32);
    const opened = openBytes(new Uint8Array(derived), tokens.seal(next, old), 'successor');
    expect(Buffer.from(opened ?? []).toString()).toBe(next);
  });

  test('whose seal was truncated or changed anywhere do not open', () => {
    const { token: old } = tokens.create(session);
    const sealed = tokens.seal(tokens.create(session).token, old);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(tokens.open(changed, old)).toBeNull();
      expect(tokens.open(sealed.subarray(0, at), old)).toBeNull();
    }
  });

  test('reject a master key that is too short', () => {
    expect(() => createRefreshTokens({ masterKeys: createMasterKeys(randomBytes(31)) })).toThrow(
      '32 bytes',
    );
  });
});
