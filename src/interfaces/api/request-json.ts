import { EdgeError } from './problems.ts';

/** Default limit of a body, in bytes. */
export const BODY_LIMIT_BYTES = 16 * 1024;
/** Deepest nesting of a JSON body. No schema has more than two levels. */
const JSON_MAX_DEPTH = 32;
/** Keys that an error may repeat. Any other text could be a secret sent in the wrong place. */
export const REPEATABLE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Drops a byte order mark, which a parser may ignore (RFC 8259 §8.1): PowerShell and .NET write one. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Parses a JSON body.
 * @throws EdgeError `malformed_request` for invalid UTF-8 or JSON, a repeated key, a key `__proto__`, or nesting beyond
 * `JSON_MAX_DEPTH`
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
  assertPlainJson(text);
  return value;
}

/** An object or array that is still open. */
interface OpenValue {
  /** Keys so far; undefined for an array. */
  readonly keys: Set<string> | undefined;
  /** The key or index of the value that comes next. */
  at: string | number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/**
 * Checks depth and keys of a text that is valid JSON. JSON.parse keeps the last of two equal keys and other parsers the
 * first, so that a gateway could check another value than this service uses (RFC 8259 §4). Visits each character once.
 */
function assertPlainJson(text: string): void {
  const open: OpenValue[] = [];
  let current: OpenValue | undefined;
  let keyIsNext = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      const end = endOfString(text, index);
      if (keyIsNext && current?.keys !== undefined) {
        current.at = readKey(text, index, end);
        assertNewKey(current.keys, current.at, open);
        keyIsNext = false;
      }
      index = end;
    } else if (code === COMMA) {
      keyIsNext = current?.keys !== undefined;
      if (typeof current?.at === 'number') current.at += 1;
    } else if (code === 0x7b || code === 0x5b) {
      if (open.length === JSON_MAX_DEPTH) throw malformed('The body is nested too deeply.');
      keyIsNext = code === 0x7b;
      current = keyIsNext ? { keys: new Set(), at: '' } : { keys: undefined, at: 0 };
      open.push(current);
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
      current = open.at(-1);
      keyIsNext = false;
    }
  }
}

/** Index of the closing quote. A run of backslashes is counted once, at the quote that it precedes. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  for (;;) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - 1 - before) % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
}

/** Two spellings of a key are one key: `"\u0061"` is `"a"`. */
function readKey(text: string, start: number, end: number): string {
  const written = text.slice(start + 1, end);
  return written.includes('\\') ? decodeEscapes(written) : written;
}

const CONTROL_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Decodes the escapes of a valid JSON string (RFC 8259 §7). JSON.parse for each key takes three times as long, and a
 * body can have thousands of keys.
 */
function decodeEscapes(written: string): string {
  let text = '';
  let from = 0;
  for (let at = written.indexOf('\\'); at !== -1; at = written.indexOf('\\', from)) {
    const escaped = written[at + 1] ?? '';
    text += written.slice(from, at);
    if (escaped === 'u') {
      text += String.fromCharCode(Number.parseInt(written.slice(at + 2, at + 6), 16));
      from = at + 6;
    } else {
      text += CONTROL_ESCAPES[escaped] ?? escaped;
      from = at + 2;
    }
  }
  return text + written.slice(from);
}

function assertNewKey(keys: Set<string>, key: string, open: readonly OpenValue[]): void {
  if (key === '__proto__') throw malformed('The body has a key that is not allowed.');
  if (!keys.has(key)) {
    keys.add(key);
    return;
  }
  const path = open.map(({ at }) => String(at));
  const isSafe = path.every((part) => REPEATABLE_NAME.test(part));
  throw malformed(`The body has a key more than once${isSafe ? `: /${path.join('/')}` : ''}.`);
}

export function malformed(message: string): EdgeError {
  return new EdgeError('malformed_request', message);
}
