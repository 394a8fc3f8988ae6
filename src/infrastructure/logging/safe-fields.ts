import { REDACTED, redactText } from './redact-text.ts';
import { isSensitiveKey } from './sensitive-keys.ts';

/** Levels below a field; deeper values become `[deep]`. */
const MAX_DEPTH = 6;
/** Levels of causes and aggregated errors below an error. */
const MAX_ERROR_DEPTH = 4;
/** Fields of one object, and elements of one list. */
const MAX_ENTRIES = 50;
/** Values of one line in total, at all levels. */
const MAX_VALUES = 500;
/** Characters of all texts of one line; together with the bound of each text this bounds the line. */
const MAX_CHARACTERS = 65_536;
const MAX_KEY_LENGTH = 128;

export interface SafeFieldsOptions {
  /** Applied to every redacted text; for outputs that execute control characters. */
  readonly writeText?: (text: string) => string;
}

type SafeObject = Record<string, unknown>;

interface Walk {
  readonly ancestors: Set<object>;
  readonly writeText: (text: string) => string;
  values: number;
  characters: number;
}

/**
 * Copies fields into plain data that is safe to serialise: bounded in size, without cycles, accessors, secrets or
 * personal data. Never throws, also if reading a field throws.
 */
export function safeFields(
  fields: Readonly<Record<string, unknown>>,
  options: SafeFieldsOptions = {},
): SafeObject {
  const walk: Walk = {
    ancestors: new Set(),
    writeText: options.writeText ?? ((text) => text),
    values: 0,
    characters: 0,
  };
  return safeEntries(fields, 0, walk);
}

function safeValue(value: unknown, depth: number, walk: Walk): unknown {
  walk.values += 1;
  if (walk.values > MAX_VALUES) return '[more]';
  switch (typeof value) {
    case 'string':
      return safeText(value, walk);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return safeText(value.toString(), walk);
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      return value === null ? null : safeObject(value, depth, walk);
  }
}

function safeText(text: string, walk: Walk): string {
  if (walk.characters > MAX_CHARACTERS) return '[more]';
  const clean = redactText(text);
  walk.characters += clean.length;
  return walk.writeText(clean);
}

/** Runs foreign code: accessors, proxies and `toJSON`. */
function safeObject(value: object, depth: number, walk: Walk): unknown {
  if (walk.ancestors.has(value)) return '[circular]';
  if (depth >= MAX_DEPTH) return '[deep]';
  walk.ancestors.add(value);
  try {
    return describeObject(value, depth, walk);
  } catch {
    return '[unreadable]';
  } finally {
    walk.ancestors.delete(value);
  }
}

function describeObject(value: object, depth: number, walk: Walk): unknown {
  if (value instanceof Error) return safeError(value, depth, walk);
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString();
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return safeList(value, value.length, depth, walk);
  if (value instanceof Set) return safeList(value, value.size, depth, walk);
  if (value instanceof Map) return safeEntries(mapEntries(value), depth + 1, walk);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return safeValue(value.toJSON(), depth + 1, walk);
  }
  return safeEntries(value, depth + 1, walk);
}

function safeList(list: Iterable<unknown>, length: number, depth: number, walk: Walk): unknown[] {
  const safe: unknown[] = [];
  for (const element of list) {
    if (safe.length >= MAX_ENTRIES || walk.values > MAX_VALUES) {
      safe.push(`[${length - safe.length} more]`);
      break;
    }
    safe.push(safeValue(element, depth + 1, walk) ?? null);
  }
  return safe;
}

function mapEntries(map: ReadonlyMap<unknown, unknown>): SafeObject {
  const entries: SafeObject = Object.create(null);
  let count = 0;
  for (const [key, value] of map) {
    entries[typeof key === 'string' ? key : `[${typeof key}]`] = value;
    count += 1;
    if (count > MAX_ENTRIES) break;
  }
  return entries;
}

function safeEntries(object: object, depth: number, walk: Walk): SafeObject {
  // Without a prototype, `__proto__` is an ordinary field.
  const safe: SafeObject = Object.create(null);
  let count = 0;
  for (const key of readKeys(object)) {
    if (count >= MAX_ENTRIES || walk.values > MAX_VALUES) {
      safe['[more]'] = true;
      break;
    }
    count += 1;
    safe[safeKey(key, walk)] = isSensitiveKey(key)
      ? REDACTED
      : safeValue(readProperty(object, key), depth, walk);
  }
  return safe;
}

function safeKey(key: string, walk: Walk): string {
  return walk.writeText(redactText(key.slice(0, MAX_KEY_LENGTH)));
}

function readKeys(object: object): readonly string[] {
  try {
    return Object.keys(object);
  } catch {
    return [];
  }
}

function readProperty(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch {
    return '[unreadable]';
  }
}

/** Copies the texts and codes of an error, and nothing else: drivers attach rows, statements and values to errors. */
function safeError(error: Error, depth: number, walk: Walk): SafeObject {
  const safe: SafeObject = Object.create(null);
  const name = readProperty(error, 'name');
  safe.type = safeValue(typeof name === 'string' ? name : 'Error', depth, walk);
  safe.message = safeValue(readProperty(error, 'message'), depth, walk);
  safe.stack = safeStack(readProperty(error, 'stack'), depth, walk);
  for (const key of ['code', 'constraint', 'syscall'] as const) {
    const value = readProperty(error, key);
    if (typeof value === 'string' || typeof value === 'number') {
      safe[key] = safeValue(value, depth, walk);
    }
  }
  if (depth >= MAX_ERROR_DEPTH) return safe;
  const cause = readProperty(error, 'cause');
  if (cause !== undefined) safe.cause = safeValue(cause, depth + 1, walk);
  const errors = readProperty(error, 'errors');
  if (Array.isArray(errors)) {
    safe.errors = safeValue(errors.slice(0, MAX_ERROR_DEPTH), depth + 1, walk);
  }
  return safe;
}

function safeStack(stack: unknown, depth: number, walk: Walk): unknown {
  return typeof stack === 'string' ? safeValue(stack, depth, walk) : undefined;
}
