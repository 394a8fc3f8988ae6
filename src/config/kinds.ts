import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { Secret } from './secret.ts';

/** A parsed value, or a clause that says what is wrong; the clause never repeats the input. */
export type Parsed<V> = { readonly value: V } | { readonly wrong: string };

/** A part of a JSON Schema (2020-12). */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * Parses, formats and documents values of one type. `V` is the typed value; `S` is the unit at the
 * end of its property name in the typed configuration (`Ms` for durations).
 */
export interface Kind<V = unknown, S extends string = string> {
  /** The type as the documentation names it. */
  readonly label: string;
  /** The accepted form, for error messages. */
  readonly expected: string;
  readonly suffix: S;
  /** True for values that are never shown. */
  readonly secret: boolean;
  /** False if a wrong value may contain a credential: messages do not repeat it. */
  readonly echo: boolean;
  /** True if a flag of this type needs no value. */
  readonly bareFlag: boolean;
  readonly jsonSchema: JsonSchema;
  /** Parses the text of an environment variable, a flag or a secret's file. */
  parseText(text: string): Parsed<V>;
  /** Parses a value of the YAML file: string, number, boolean or list. */
  parseYaml(value: unknown): Parsed<V>;
  /** The value in its written form, for `config print` and the generated files. */
  format(value: V): string | number | boolean | readonly string[];
}

const CONTROL = /\p{Cc}/u;

/** The defaults of the simple properties of a kind. */
export const shared = { suffix: '', secret: false, echo: true, bareFlag: false } as const;

function fromString<V>(value: unknown, parse: (text: string) => Parsed<V>): Parsed<V> {
  if (typeof value === 'string') return parse(value);
  if (typeof value === 'number' || typeof value === 'boolean') {
    return { wrong: 'is not text (put it in quotes)' };
  }
  return { wrong: 'is not text' };
}

/** Text without control characters, optionally with a `pattern`. Messages do not repeat wrong values. */
export function text(options?: {
  readonly pattern: string;
  readonly label?: string;
  readonly expected: string;
}): Kind<string, ''> {
  const pattern = options === undefined ? undefined : new RegExp(options.pattern, 'u');
  const parse = (input: string): Parsed<string> => {
    if (input === '') return { wrong: 'is empty' };
    if (input.length > 1024) return { wrong: 'is longer than 1024 characters' };
    if (CONTROL.test(input)) return { wrong: 'has a control character' };
    if (pattern?.test(input) === false) return { wrong: 'has the wrong form' };
    return { value: input };
  };
  return {
    ...shared,
    label: options?.label ?? 'text',
    expected: options?.expected ?? 'text',
    echo: false,
    jsonSchema: {
      type: 'string',
      minLength: 1,
      ...(options === undefined ? {} : { pattern: options.pattern }),
    },
    parseText: parse,
    parseYaml: (value) => fromString(value, parse),
    format: (value) => value,
  };
}

/** The path of a file or folder; relative paths start from the working directory. */
export function path(label = 'path'): Kind<string, ''> {
  return { ...text(), label, expected: 'a path' };
}

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number, label = 'integer'): Kind<number, ''> {
  const check = (value: number): Parsed<number> =>
    value < min || value > max ? { wrong: 'is out of range' } : { value };
  return {
    ...shared,
    label: `${label} ${min}–${max}`,
    expected: `a whole number from ${min} to ${max}`,
    jsonSchema: { type: 'integer', minimum: min, maximum: max },
    parseText: (input) =>
      /^[0-9]{1,15}$/.test(input) ? check(Number(input)) : { wrong: 'is not a whole number' },
    parseYaml: (value) =>
      typeof value === 'number' && Number.isSafeInteger(value)
        ? check(value)
        : { wrong: 'is not a whole number' },
    format: (value) => value,
  };
}

/** A number from `min` to 1, both included. */
export function ratio(min = 0): Kind<number, ''> {
  const check = (value: number): Parsed<number> =>
    value >= min && value <= 1 ? { value } : { wrong: 'is out of range' };
  return {
    ...shared,
    label: `number ${min}–1`,
    expected: `a number from ${min} to 1, such as 0.05`,
    jsonSchema: { type: 'number', minimum: min, maximum: 1 },
    parseText: (input) =>
      /^[0-9]{1,3}(\.[0-9]{1,12})?$/.test(input)
        ? check(Number(input))
        : { wrong: 'is not a number' },
    parseYaml: (value) => (typeof value === 'number' ? check(value) : { wrong: 'is not a number' }),
    format: (value) => value,
  };
}

/** A TCP port. 0 (any free port) is accepted only if `anyFree` is true. */
export function port(anyFree = false): Kind<number, ''> {
  return integer(anyFree ? 0 : 1, 65_535, 'port');
}

/** `true` or `false`. */
export function boolean(): Kind<boolean, ''> {
  return {
    ...shared,
    label: 'boolean',
    expected: '`true` or `false`',
    bareFlag: true,
    jsonSchema: { type: 'boolean' },
    parseText: (input) =>
      input === 'true' || input === 'false'
        ? { value: input === 'true' }
        : { wrong: 'is not a boolean' },
    parseYaml: (value) => (typeof value === 'boolean' ? { value } : { wrong: 'is not a boolean' }),
    format: (value) => value,
  };
}

/** A duration from `minMs` to `maxMs`, both included; the typed value is in milliseconds. */
export function duration(minMs: number, maxMs: number): Kind<number, 'Ms'> {
  const parse = (input: string): Parsed<number> => {
    const ms = parseDuration(input);
    if (ms === undefined) return { wrong: 'is not a duration' };
    return ms < minMs || ms > maxMs ? { wrong: 'is out of range' } : { value: ms };
  };
  const range = `${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  return {
    ...shared,
    suffix: 'Ms',
    label: `duration ${range.replace(' to ', '–')}`,
    expected: `a duration from ${range}, such as 500ms, 30s, 5m, 24h or 7d`,
    jsonSchema: { type: 'string', pattern: DURATION_PATTERN },
    parseText: parse,
    parseYaml: (value) =>
      typeof value === 'string' ? parse(value) : { wrong: 'is not a duration' },
    format: formatDuration,
  };
}

/** One word of a closed list. */
export function oneOf<const W extends string>(...words: readonly W[]): Kind<W, ''> {
  const parse = (input: string): Parsed<W> => {
    const word = words.find((candidate) => candidate === input);
    return word === undefined ? { wrong: 'is not one of the accepted words' } : { value: word };
  };
  const listed = words.map((word) => `\`${word}\``).join(', ');
  return {
    ...shared,
    label: listed,
    expected: `one of ${listed}`,
    jsonSchema: { enum: words },
    parseText: parse,
    parseYaml: (value) => fromString(value, parse),
    format: (value) => value,
  };
}

/** Text that is wrapped as `Secret`; messages never repeat it. */
export function secret(label = 'secret', expected = 'text'): Kind<Secret, ''> {
  const parse = (input: string): Parsed<Secret> => {
    if (input === '') return { wrong: 'is empty' };
    if (input.startsWith('\uFEFF')) return { wrong: 'begins with a byte order mark' };
    // What Node.js puts in place of the bytes of a variable that are not UTF-8.
    if (input.includes('\uFFFD')) return { wrong: 'has bytes that are not UTF-8' };
    if (/[\r\n]/.test(input)) return { wrong: 'has a line break or a carriage return' };
    return CONTROL.test(input)
      ? { wrong: 'has a control character' }
      : { value: new Secret(input) };
  };
  return {
    ...shared,
    label,
    expected,
    secret: true,
    echo: false,
    jsonSchema: { type: 'string', minLength: 1 },
    parseText: parse,
    parseYaml: (value) => fromString(value, parse),
    format: String,
  };
}

function parseUrl(input: string): Parsed<string> {
  if (!URL.canParse(input)) return { wrong: 'is not a URL' };
  const url = new URL(input);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { wrong: 'is not http(s)' };
  if (url.username !== '' || url.password !== '') return { wrong: 'carries credentials' };
  if (/[?#]/.test(input)) return { wrong: 'has a query or a fragment' };
  return { value: url.href.replace(/\/+$/, '') };
}

const LANGUAGE_TAG_MAX_LENGTH = 35;

function parseLanguageTag(input: string): Parsed<string> {
  if (input.length > LANGUAGE_TAG_MAX_LENGTH) return { wrong: 'is too long' };
  try {
    const [value] = Intl.getCanonicalLocales(input);
    return value === undefined ? { wrong: 'is empty' } : { value };
  } catch {
    return { wrong: 'is not a language tag' };
  }
}

/** A BCP 47 tag in its canonical form. */
export function languageTag(): Kind<string, ''> {
  return {
    ...text(),
    label: 'language tag',
    expected: 'a BCP 47 tag such as de or pt-BR',
    jsonSchema: { type: 'string', pattern: '^[A-Za-z0-9-]{2,35}$' },
    parseText: parseLanguageTag,
    parseYaml: (value) => fromString(value, parseLanguageTag),
  };
}

/** An http or https URL without credentials, query and fragment; trailing slashes are dropped. */
export function url(): Kind<string, ''> {
  return {
    ...text(),
    label: 'URL',
    expected: 'an http or https URL without credentials, query and fragment',
    jsonSchema: { type: 'string', pattern: '^https?://[^?#]+$' },
    parseText: parseUrl,
    parseYaml: (value) => fromString(value, parseUrl),
  };
}
