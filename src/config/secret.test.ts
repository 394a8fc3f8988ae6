import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.ts';

const CANARY = 'canary-7f3a91';
const secret = new Secret(CANARY);

const PRINTERS: Readonly<Record<string, () => string>> = {
  'String()': () => String(secret),
  'template literal': () => `${secret}`,
  concatenation: () => `${'x'.concat(secret as unknown as string)}`,
  'valueOf()': () => String(secret.valueOf()),
  'JSON.stringify': () => JSON.stringify({ secret, list: [secret] }),
  'util.inspect': () => inspect(secret),
  'util.inspect showHidden': () => inspect({ secret }, { showHidden: true, depth: null }),
  'util.inspect without custom inspection': () =>
    inspect(secret, { customInspect: false, showHidden: true, getters: true }),
  'console.log formatting': () => format('%s %o %O %j', secret, secret, secret, secret),
  structuredClone: () => inspect(structuredClone({ secret }), { showHidden: true }),
  'v8 serialisation': () => inspect(deserialize(serialize({ secret }))),
  'serialised bytes': () => serialize({ secret }).toString('latin1'),
  'Object.entries': () => JSON.stringify(Object.entries(secret)),
  'own property names': () =>
    JSON.stringify([Object.getOwnPropertyNames(secret), Object.getOwnPropertyDescriptors(secret)]),
  spread: () => inspect({ ...secret }, { showHidden: true }),
  'error cause': () => inspect(new Error('failed', { cause: { secret } })),
};

describe('Secret', () => {
  it('returns the value from reveal()', () => {
    expect(secret.reveal()).toBe(CANARY);
  });

  it.each(Object.entries(PRINTERS))('never shows the value by %s', (_name, print) => {
    expect(print()).not.toContain(CANARY);
  });

  it('prints as [secret]', () => {
    expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual([
      '[secret]',
      '"[secret]"',
      '[secret]',
    ]);
  });

  it('is frozen and has no own properties', () => {
    expect(Object.isFrozen(secret)).toBe(true);
    expect(Reflect.ownKeys(secret)).toEqual([]);
  });
});
