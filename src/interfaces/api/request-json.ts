import { EdgeError } from './problems.ts';

/** Default limit of a body, in bytes. */
export const BODY_LIMIT_BYTES = 16 * 1024;
/** Deepest nesting of a JSON body. No schema has more than two levels. */
const JSON_MAX_DEPTH = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses a JSON body.
 * @throws EdgeError `malformed_request` for invalid UTF-8 or JSON, a key `__proto__`, or nesting beyond `JSON_MAX_DEPTH`
 */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return parseJson(decodeUtf8(bytes));
}

/** @throws EdgeError `malformed_request` for invalid UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the input.
    throw malformed(text.trim() === '' ? 'A body is required.' : 'The body is not valid JSON.');
  }
  assertPlain(value, 1);
  return value;
}

function assertPlain(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > JSON_MAX_DEPTH) throw malformed('The body is nested too deeply.');
  if (Object.hasOwn(value, '__proto__')) throw malformed('The body has a key that is not allowed.');
  for (const element of Object.values(value)) assertPlain(element, depth + 1);
}

export function malformed(message: string): EdgeError {
  return new EdgeError('malformed_request', message);
}
