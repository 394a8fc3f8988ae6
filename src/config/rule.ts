import type { Key, Values } from './schema.ts';

/** A clause about the first key of the rule, and what is expected. */
export interface Violation {
  readonly problem: string;
  readonly expected: string;
}

/** A condition between keys. It is checked only if all its keys are valid. */
export interface Rule {
  /** The error is reported at the first key. */
  readonly keys: readonly [Key, ...Key[]];
  readonly check: (values: Values) => Violation | undefined;
}

/** A rule that is violated unless `holds`. */
export function rule<K extends Key>(
  keys: readonly [K, ...K[]],
  holds: (values: Pick<Values, K>) => boolean,
  problem: string,
  expected: string,
): Rule {
  return { keys, check: (values) => (holds(values) ? undefined : { problem, expected }) };
}

/** Both or neither. */
export function together(a: unknown, b: unknown): boolean {
  return (a === undefined) === (b === undefined);
}
