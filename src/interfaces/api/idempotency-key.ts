import { EdgeError } from './problems.ts';

export const IDEMPOTENCY_KEY_MIN_LENGTH = 16;
export const IDEMPOTENCY_KEY_MAX_LENGTH = 255;

const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
/** A String of a structured field (RFC 9651 §3.3.3), without a space. */
const QUOTED = /^"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/**
 * Reads `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07), quoted or bare: both name the same key.
 * @throws EdgeError `idempotency_key_invalid`
 */
export function readIdempotencyKey(header: string): string {
  const key = header.startsWith('"') ? QUOTED.exec(header)?.[1] : header;
  if (key === undefined) {
    throw invalid(
      'A quoted Idempotency-Key must be one String in double quotes, without parameters.',
    );
  }
  const text = header.startsWith('"') ? key.replace(/\\(.)/g, '$1') : key;
  if (!VISIBLE_ASCII.test(text)) {
    throw invalid('The Idempotency-Key must consist of visible ASCII characters, without spaces.');
  }
  if (text.length < IDEMPOTENCY_KEY_MIN_LENGTH || text.length > IDEMPOTENCY_KEY_MAX_LENGTH) {
    throw invalid(
      `The Idempotency-Key must have ${IDEMPOTENCY_KEY_MIN_LENGTH} to ${IDEMPOTENCY_KEY_MAX_LENGTH} characters.`,
    );
  }
  return text;
}

/** The parts of a request that make it the same as another one. */
export interface RequestContent {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
  /** What a session cookie adds: an answer for cookie mode is no answer for another client. */
  readonly sessionCookie?: string | null;
}

/** One text for equal requests: the order of members in a JSON object and white space do not count. */
export function canonicalContent(
  { method, path }: { readonly method: string; readonly path: string },
  content: RequestContent,
): string {
  const { params, query, body, ifMatch, sessionCookie } = content;
  const parts = [method, path, params, query, body, ifMatch ?? null];
  if (typeof sessionCookie === 'string') parts.push(sessionCookie);
  return JSON.stringify(parts, sortMembers);
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function invalid(message: string): EdgeError {
  return new EdgeError('idempotency_key_invalid', message);
}
