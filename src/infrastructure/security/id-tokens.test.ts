import { expect, test } from 'vitest';
import { createIdTokens } from './id-tokens.ts';

const ID = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const key = (byte: number) => Buffer.alloc(32, byte);
const only = (byte: number) => ({ current: key(byte), accepted: [key(byte)] });
const tokens = createIdTokens('uit_', only(1));

test('a token names its id and has another secret each time', () => {
  const { token, hash } = tokens.create(ID);
  expect(token).toMatch(/^uit_[A-Za-z0-9_-]{86}$/);
  expect(tokens.read(token)).toEqual({ id: ID, hash });
  expect(tokens.create(ID).token).not.toBe(token);
});

test('a token with any character changed, of another key or with another prefix is refused', () => {
  const { token } = tokens.create(ID);
  for (let at = 0; at < token.length; at += 1) {
    const other = token[at] === 'A' ? 'B' : 'A';
    expect(tokens.read(token.slice(0, at) + other + token.slice(at + 1)), `at ${at}`).toBeNull();
  }
  expect(createIdTokens('uit_', only(2)).read(token)).toBeNull();
  expect(createIdTokens('uct_', only(1)).read(token)).toBeNull();
  for (const wrong of ['', 'uit_', `${token}A`, token.slice(1), ` ${token}`]) {
    expect(tokens.read(wrong), wrong).toBeNull();
  }
});

test('a token under the previous key stays valid', () => {
  const { token } = tokens.create(ID);
  const replaced = createIdTokens('uit_', { current: key(2), accepted: [key(2), key(1)] });
  expect(replaced.read(token)?.id).toBe(ID);
});
