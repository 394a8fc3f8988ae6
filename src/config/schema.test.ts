import { describe, expect, expectTypeOf, it } from 'vitest';
import { variables } from './environment-source.ts';
import { type Config, definitionOf, environmentName, isSection, keys } from './schema.ts';
import type { Secret } from './secret.ts';

describe('the definition of the keys', () => {
  it('gives every environment variable one meaning', () => {
    const names = variables.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it('names keys in snake_case, and no key as a section', () => {
    for (const key of keys) {
      expect(key).toMatch(/^[a-z0-9_]+(\.[a-z0-9_]+)+$/);
      expect(isSection(key)).toBe(false);
    }
  });

  it('documents every key in one line', () => {
    for (const key of keys) expect(definitionOf(key).doc).toMatch(/^[^\n]{3,120}[^\n.]$/);
  });

  it('has defaults that its own types accept', () => {
    for (const key of keys) {
      const { kind, presence, fallback } = definitionOf(key);
      if (presence !== 'default') continue;
      const parsed = kind.parseYaml(kind.format(fallback));
      expect(parsed, key).toEqual({ value: fallback });
    }
  });

  it('derives the environment variable from the key', () => {
    expect(environmentName('password.argon2.memory_kib')).toBe('PASSWORD_ARGON2_MEMORY_KIB');
  });

  it('types the configuration', () => {
    expectTypeOf<Config['server']['publicUrl']>().toEqualTypeOf<string>();
    expectTypeOf<Config['server']['managementPort']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Config['server']['trustedProxies']>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Config['tokens']['accessTtlMs']>().toEqualTypeOf<number>();
    expectTypeOf<Config['password']['argon2']['memoryKib']>().toEqualTypeOf<number>();
    expectTypeOf<Config['database']['password']>().toEqualTypeOf<Secret | undefined>();
    expectTypeOf<Config['database']['driver']>().toEqualTypeOf<'embedded' | 'postgres'>();
    expectTypeOf<Config['mail']['smtp']['port']>().toEqualTypeOf<number>();
    expectTypeOf<Config['database']>().not.toHaveProperty('url');
  });
});
