import type { FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { EdgeError } from '../../api/problems.ts';
import { decodeUtf8, malformed, parseJsonBytes } from '../../api/request-json.ts';
import type { BodySpec, MediaType } from '../route.ts';

const FORM_MAX_FIELDS = 100;

const NO_BYTES = Buffer.alloc(0);

/** A media type, with `charset=utf-8` as the only allowed parameter. */
const CONTENT_TYPE = /^([a-z]+\/[a-z0-9.+-]+)[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i;

/**
 * Reads the body from its bytes, by the media types of the route. Fastify's own parsing of `Content-Type` is not used:
 * no spelling of that header may carry a body past validation.
 * @throws EdgeError `unsupported_media_type`, `malformed_request`
 */
export function readBody(request: FastifyRequest, spec: BodySpec<TSchema> | undefined): unknown {
  const bytes = request.body instanceof Buffer ? request.body : NO_BYTES;
  if (spec === undefined) {
    if (bytes.length > 0) throw malformed('This route accepts no body.');
    return undefined;
  }
  const mediaType = readMediaType(request, spec.mediaTypes, bytes.length > 0);
  return mediaType === 'application/x-www-form-urlencoded'
    ? parseForm(decodeUtf8(bytes))
    : parseJsonBytes(bytes);
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

/** A parameter must not be repeated (RFC 6749 §3.1, on which RFC 7662 builds). */
function parseForm(text: string): Record<string, string> {
  const fields: [string, string][] = [];
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name) || seen.size >= FORM_MAX_FIELDS || name === '__proto__') {
      throw malformed('The form has a repeated field, a forbidden field or too many fields.');
    }
    seen.add(name);
    fields.push([name, value]);
  }
  return Object.fromEntries(fields);
}
