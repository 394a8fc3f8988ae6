import type { Kind } from './kinds.ts';

/**
 * The value of an unset key: a fixed `default`; `derived` from other keys or the machine; none
 * (`optional`). An `expanded` key, such as a URL, only sets other keys and is not part of the typed
 * configuration.
 */
export type Presence = 'default' | 'derived' | 'optional' | 'expanded';

export interface KeyDefinition<
  V = unknown,
  S extends string = string,
  P extends Presence = Presence,
> {
  readonly kind: Kind<V, S>;
  readonly presence: P;
  /** The value when unset; only with presence `default`. */
  readonly fallback?: V;
  /** The derivation in words (Markdown); only with presence `derived`. */
  readonly derivation?: string;
  /** One line, a sentence without the final full stop (Markdown). */
  readonly doc: string;
  /** Other names of the environment variable. */
  readonly aliases: readonly string[];
}

/** A key that always has a value: `fallback` when unset. */
export function withDefault<V, S extends string>(
  kind: Kind<V, S>,
  fallback: NoInfer<V>,
  doc: string,
  aliases: readonly string[] = [],
): KeyDefinition<V, S, 'default'> {
  return { kind, presence: 'default', fallback, doc, aliases };
}

/** A key that always has a value: `derivation` describes the one when unset. */
export function derived<V, S extends string>(
  kind: Kind<V, S>,
  derivation: string,
  doc: string,
): KeyDefinition<V, S, 'derived'> {
  return { kind, presence: 'derived', derivation, doc, aliases: [] };
}

/** A key that may stay without a value. */
export function optional<V, S extends string>(
  kind: Kind<V, S>,
  doc: string,
): KeyDefinition<V, S, 'optional'> {
  return { kind, presence: 'optional', doc, aliases: [] };
}

/** A key whose value only sets other keys. */
export function expanded<V, S extends string>(
  kind: Kind<V, S>,
  doc: string,
): KeyDefinition<V, S, 'expanded'> {
  return { kind, presence: 'expanded', doc, aliases: [] };
}
