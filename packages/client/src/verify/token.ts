import { isSignedBy, type VerificationKey } from './algorithms.ts';
import { type InvalidToken, invalidToken, type Refused } from './problems.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A compact JWS (RFC 7515 §7.1) of which only the header was read. */
export interface ParsedToken {
  readonly kid: string;
  readonly alg: string;
  readonly payload: string;
  /** What the signature covers: the first two parts as they are spelled. */
  readonly signed: string;
  readonly signature: string;
}

/** Tokens of the service have about 600 characters, and 1,100 with RS256. Nothing of a longer text is read. */
const MAX_TOKEN_LENGTH = 4_096;
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** RFC 9068 §2.1; the prefix may be left out and the letters have no case (RFC 7515 §4.1.9). */
const TYPE_FORM = /^(?:application\/)?at\+jwt$/i;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The header that was read last, by its text: nearly all tokens of one key have the same. */
let lastHeader: { readonly text: string; readonly header: JsonObject } | null = null;

function readHeader(text: string): JsonObject | null {
  if (lastHeader?.text === text) return lastHeader.header;
  const header = parseJsonObject(text);
  if (header !== null) lastHeader = { text, header };
  return header;
}

/**
 * Reads `kid`, `alg`, `typ` and `crit` of the header and nothing else: a key that the token itself names may come from
 * an attacker (RFC 8725 §3.10).
 */
export function parseToken(token: string): ParsedToken | Refused<InvalidToken> {
  if (token.length > MAX_TOKEN_LENGTH || !FORM.test(token)) return invalidToken('malformed');
  const headerEnd = token.indexOf('.');
  const payloadEnd = token.indexOf('.', headerEnd + 1);
  const header = readHeader(token.slice(0, headerEnd));
  if (header === null) return invalidToken('malformed');
  const { alg, typ, kid, crit } = header;
  // An extension has to be understood, and none is (RFC 7515 §4.1.11).
  if (crit !== undefined) return invalidToken('malformed');
  if (typeof typ !== 'string' || !TYPE_FORM.test(typ)) return invalidToken('type');
  if (typeof alg !== 'string') return invalidToken('algorithm');
  if (typeof kid !== 'string') return invalidToken('unknown_key');
  return {
    ...{ kid, alg },
    payload: token.slice(headerEnd + 1, payloadEnd),
    signed: token.slice(0, payloadEnd),
    signature: token.slice(payloadEnd + 1),
  };
}

/** @returns null for a token that this key signed */
export function checkSignature(
  { alg, signed, signature }: ParsedToken,
  key: VerificationKey,
): Refused<InvalidToken> | null {
  if (alg !== key.algorithm) return invalidToken('algorithm');
  const bytes = Buffer.from(signature, 'base64url');
  // A decoder ignores spare bits: without this comparison one token has many spellings (RFC 4648 §3.5).
  if (bytes.byteLength !== key.signatureBytes || bytes.toString('base64url') !== signature) {
    return invalidToken('signature');
  }
  return isSignedBy(key, signed, bytes) ? null : invalidToken('signature');
}

/**
 * Decodes one part of a token.
 * @returns null when it is no JSON object in UTF-8
 */
export function parseJsonObject(part: string): JsonObject | null {
  // Four letters hold three bytes, and a single one holds none: the decoder would ignore it.
  if (part.length % 4 === 1) return null;
  try {
    const value: unknown = JSON.parse(decodeUtf8(Buffer.from(part, 'base64url')));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

/** @throws TypeError for bytes that are not UTF-8. The strict decoder is slow, and needed only where a character was replaced. */
function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? utf8.decode(bytes) : text;
}
