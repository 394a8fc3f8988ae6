import type { KeyDefinition, Presence } from './definition.ts';
import { accountKeys } from './keys-accounts.ts';
import { databaseKeys, natsKeys, redisKeys } from './keys-dependencies.ts';
import { eventKeys, revocationKeys } from './keys-events.ts';
import { limitKeys } from './keys-limits.ts';
import { mailKeys } from './keys-mail.ts';
import { observabilityKeys } from './keys-observability.ts';
import { serverKeys } from './keys-server.ts';
import { webhookKeys } from './keys-webhooks.ts';

/**
 * Every configuration key. Loading, the typed configuration, the default file, the JSON Schema and
 * the documentation all come from this definition.
 */
const definitions = {
  ...serverKeys,
  ...accountKeys,
  ...observabilityKeys,
  ...limitKeys,
  ...databaseKeys,
  ...redisKeys,
  ...natsKeys,
  ...eventKeys,
  ...webhookKeys,
  ...revocationKeys,
  ...mailKeys,
} as const;

type Definitions = typeof definitions;

/** The name of a key, such as `server.port`. */
export type Key = keyof Definitions;

type ValueOf<D> =
  D extends KeyDefinition<infer V, string, infer P>
    ? P extends 'default' | 'derived'
      ? V
      : V | undefined
    : never;

/** The value of every key under its full name, before `toConfig` arranges them as a tree. */
export type Values = { readonly [K in Key]: ValueOf<Definitions[K]> };

type KeyWith<P extends Presence> = {
  [K in Key]: Definitions[K] extends KeyDefinition<infer _V, string, P> ? K : never;
}[Key];

/** Keys whose value, if unset, is derived from other keys or from the machine. */
export type DerivedKey = KeyWith<'derived'>;

/** Keys that only set other keys. */
export type ExpandedKey = KeyWith<'expanded'>;

type Camel<S extends string> = S extends `${infer A}_${infer B}`
  ? `${A}${Capitalize<Camel<B>>}`
  : S;

type PropertyName<K, D> = K extends `${string}.${string}`
  ? never
  : K extends string
    ? D extends KeyDefinition<infer _V, infer S, Presence>
      ? `${Camel<K>}${S}`
      : never
    : never;

type Head<K> = K extends `${infer H}.${string}` ? H : never;

type Tree<T> = {
  readonly [K in keyof T as PropertyName<K, T[K]>]: ValueOf<T[K]>;
} & {
  readonly [H in Head<keyof T> as Camel<H>]: Tree<{
    [K in keyof T as K extends `${H}.${infer Rest}` ? Rest : never]: T[K];
  }>;
};

/**
 * The typed configuration, for example `config.server.publicUrl`, `config.tokens.accessTtlMs` and
 * `config.password.argon2.memoryKib`. Durations are milliseconds; optional keys without a value are
 * `undefined`; the whole tree is frozen.
 */
export type Config = Tree<Omit<Definitions, ExpandedKey>>;

/** All keys in the order of their definition, section by section. */
export const keys: readonly Key[] = Object.keys(definitions).filter(isKey);

/** True if `name` is the name of a key. */
export function isKey(name: string): name is Key {
  return Object.hasOwn(definitions, name);
}

/** The definition of `key`, without its specific types. */
export function definitionOf(key: Key): KeyDefinition {
  return definitions[key];
}

const sections: ReadonlySet<string> = new Set(
  keys.flatMap((key) => {
    const parts = key.split('.').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
  }),
);

/** True if `name` is a section of the file, such as `server` or `password.argon2`. */
export function isSection(name: string): boolean {
  return sections.has(name);
}

/** The first sections of all keys, in order: `server`, `security`, … */
export const topSections: readonly string[] = [...new Set(keys.map((key) => sectionOf(key)))];

/** The first section of a key: `password` of `password.argon2.memory_kib`. */
export function sectionOf(key: string): string {
  return key.split('.', 1)[0] ?? key;
}

/** The environment variable of a key: `DATABASE_MAX_OPEN_CONNS` of `database.max_open_conns`. */
export function environmentName(key: string): string {
  return key.replaceAll('.', '_').toUpperCase();
}

/** The key that names the file of a secret, `database.password_file`; undefined for other keys. */
export function fileKeyOf(key: Key): string | undefined {
  return definitionOf(key).kind.secret ? `${key}_file` : undefined;
}

const secretOfFileKey: ReadonlyMap<string, Key> = new Map(
  keys.flatMap((key): [string, Key][] => {
    const fileKey = fileKeyOf(key);
    return fileKey === undefined ? [] : [[fileKey, key]];
  }),
);

/** The secret key of a file key: `database.password` of `database.password_file`. */
export function secretOf(name: string): Key | undefined {
  return secretOfFileKey.get(name);
}

function propertyName(part: string): string {
  return part.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Arranges the values as the frozen tree that the service uses. */
export function toConfig(values: Values): Config {
  const root: Record<string, unknown> = {};
  for (const key of keys) {
    const definition = definitionOf(key);
    if (definition.presence === 'expanded') continue;
    const parts = key.split('.').map(propertyName);
    const leaf = `${parts.pop() ?? ''}${definition.kind.suffix}`;
    let node = root;
    for (const part of parts) {
      node[part] ??= {};
      node = node[part] as Record<string, unknown>;
    }
    node[leaf] = values[key];
  }
  // The loop builds what the type `Tree` describes: same keys, same names, same values.
  return deepFreeze(root) as Config;
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
