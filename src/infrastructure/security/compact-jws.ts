import type { KeyObject } from 'node:crypto';
import { ALGORITHM_SPECS, type SigningAlgorithm } from './signing-algorithms.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A token in the compact serialization (RFC 7515 §7.1). Only the header is parsed; the signature is not checked. */
export interface CompactJws {
  readonly header: JsonObject;
  /** Base64url of the payload. */
  readonly payload: string;
  /** What the signature covers: the first two parts as they are spelled. */
  readonly signed: string;
  /** 64 or 384 bytes. */
  readonly signature: Uint8Array;
}

/**
 * A compact JWS whose signature has the 64 bytes of Ed25519 and P-256, or the 384 of RSA, in base64url, with zero in the
 * spare bits (RFC 4648 §3.5) and without padding. A decoder ignores both, and white space: one token would have many
 * spellings, of which a list of refused tokens knows only one. The signature itself protects the spelling of the other
 * two parts.
 */
const FORM = /^[\w-]+\.[\w-]+\.(?:[\w-]{85}[AQgw]|[\w-]{512})$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @returns null for a text in another format, or with a header that is no JSON object. */
export function parseCompactJws(token: string): CompactJws | null {
  if (!FORM.test(token)) return null;
  const headerEnd = token.indexOf('.');
  const payloadEnd = token.indexOf('.', headerEnd + 1);
  const header = parseJsonObject(token.slice(0, headerEnd));
  if (header === null) return null;
  return {
    header,
    payload: token.slice(headerEnd + 1, payloadEnd),
    signed: token.slice(0, payloadEnd),
    signature: Buffer.from(token.slice(payloadEnd + 1), 'base64url'),
  };
}

/** A private or public key with its only algorithm. */
export interface JwsKey {
  readonly algorithm: SigningAlgorithm;
  readonly key: KeyObject;
}

/** Signs header and payload. The header must name the algorithm of the key. */
export async function signCompactJws(
  header: JsonObject,
  payload: JsonObject,
  { algorithm, key }: JwsKey,
): Promise<string> {
  const signed = `${encodeJson(header)}.${encodeJson(payload)}`;
  const signature = await ALGORITHM_SPECS[algorithm].sign(Buffer.from(signed), key);
  return `${signed}.${Buffer.from(signature).toString('base64url')}`;
}

/** Checks the signature with the algorithm of the key, whatever algorithm the header names. */
export function isSignedBy(jws: CompactJws, { algorithm, key }: JwsKey): boolean {
  const spec = ALGORITHM_SPECS[algorithm];
  if (jws.signature.byteLength !== spec.signatureBytes) return false;
  return spec.verify(Buffer.from(jws.signed), key, jws.signature);
}

/**
 * Decodes one part of a token.
 * @param part letters of base64url without padding.
 * @returns null when it is no JSON object in UTF-8.
 */
export function parseJsonObject(part: string): JsonObject | null {
  // Four letters hold three bytes, and a single one holds none: the decoder would ignore it.
  if (part.length % 4 === 1) return null;
  try {
    const value: unknown = JSON.parse(utf8.decode(Buffer.from(part, 'base64url')));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function encodeJson(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
