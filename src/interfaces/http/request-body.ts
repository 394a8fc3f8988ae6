import type { FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { EdgeError } from './problems.ts';
import type { BodySpec, MediaType } from './route.ts';

/** Largest body of a route that does not say otherwise, in bytes. */
export const BODY_LIMIT_BYTES = 16 * 1024;
/** Deepest nesting of a JSON body; no route has more than two levels. */
const JSON_MAX_DEPTH = 32;
/** Most fields of a form. */
const FORM_MAX_FIELDS = 100;

const NO_BYTES = Buffer.alloc(0);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A media type with at most one parameter, which can only say what is already so. */
const CONTENT_TYPE = /^([a-z]+\/[a-z0-9.+-]+)[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i;

/**
 * Reads a body from its bytes, by the media types of its route alone. This runs in the handler layer, whatever the
 * framework made of the `Content-Type` header, so that no spelling of it gets an unread body past validation.
 * @throws EdgeError `unsupported_media_type`, `malformed_request`
 */
export function readBody(request: FastifyRequest, spec: BodySpec<TSchema> | undefined): unknown {
  const bytes = request.body instanceof Buffer ? request.body : NO_BYTES;
  if (spec === undefined) {
    if (bytes.length > 0) throw malformed('This route takes no body.');
    return undefined;
  }
  const mediaType = readMediaType(request, spec.mediaTypes, bytes.length > 0);
  return mediaType === 'application/x-www-form-urlencoded'
    ? parseForm(decode(bytes))
    : parseJsonBytes(bytes);
}

/**
 * Parses a JSON body, over whatever protocol it came, and refuses what no honest client sends.
 * @throws EdgeError `malformed_request` for bad UTF-8 or JSON, a key `__proto__`, or nesting beyond `JSON_MAX_DEPTH`.
 */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return parseJson(decode(bytes));
}

function readMediaType(
  request: FastifyRequest,
  accepted: readonly MediaType[],
  hasBody: boolean,
): MediaType {
  const { 'content-type': contentType, 'content-encoding': encoding } = request.headers;
  if (contentType === undefined && !hasBody) throw malformed('A body is required.');
  const name = CONTENT_TYPE.exec(contentType ?? '')?.[1]?.toLowerCase();
  const mediaType = accepted.find((candidate) => candidate === name);
  const encoded = encoding !== undefined && encoding.toLowerCase() !== 'identity';
  if (mediaType === undefined || encoded) {
    throw new EdgeError(
      'unsupported_media_type',
      `The body must be ${accepted.join(' or ')} in UTF-8, without content encoding.`,
    );
  }
  return mediaType;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('The body is not UTF-8.');
  }
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the input.
    throw malformed(text.trim() === '' ? 'A body is required.' : 'The body is not JSON.');
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

/** A parameter must not be given twice (RFC 6749 §3.1, which RFC 7662 builds on). */
function parseForm(text: string): Record<string, string> {
  const fields: [string, string][] = [];
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name) || seen.size >= FORM_MAX_FIELDS || name === '__proto__') {
      throw malformed('The form has a repeated or forbidden field, or too many.');
    }
    seen.add(name);
    fields.push([name, value]);
  }
  return Object.fromEntries(fields);
}

function malformed(message: string): EdgeError {
  return new EdgeError('malformed_request', message);
}
