import type { FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { EdgeError } from '../../api/problems.ts';
import { decodeUtf8, malformed, parseJsonBytes } from '../../api/request-json.ts';
import type { BodySpec, MediaType } from '../route.ts';

const FORM_MAX_FIELDS = 100;

const NO_BYTES = Buffer.alloc(0);

/** A parameter of a media type (RFC 9110 §5.6.6): name, and value as token or quoted text. */
const PARAMETER = /([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)")/.source;
/** A media type and its parameters, any of which can be empty. */
const CONTENT_TYPE = new RegExp(
  `^([a-z]+/[a-z0-9.+-]+)((?:[ \\t]*;(?:[ \\t]*${PARAMETER})?)*)[ \\t]*$`,
  'i',
);
const UTF_8 = /^utf-?8$/i;

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
  const [, name, parameters = ''] = CONTENT_TYPE.exec(contentType ?? '') ?? [];
  const mediaType = accepted.find((candidate) => candidate === name?.toLowerCase());
  if (mediaType === undefined) throw unsupported(`The body must be ${accepted.join(' or ')}.`);
  if (!charsetsOf(parameters).every((charset) => UTF_8.test(charset))) {
    throw unsupported('The charset of the body must be UTF-8.');
  }
  if (!['', 'identity'].includes(encoding?.toLowerCase() ?? '')) {
    throw unsupported('The body must be sent without content encoding.');
  }
  return mediaType;
}

/** Other parameters mean nothing for the media types of the routes (RFC 8259 §11). */
function charsetsOf(parameters: string): string[] {
  const named = [...parameters.matchAll(new RegExp(PARAMETER, 'g'))];
  return named
    .filter(([, name]) => name?.toLowerCase() === 'charset')
    .map(([, , token, quoted]) => token ?? quoted ?? '');
}

function unsupported(message: string): EdgeError {
  return new EdgeError('unsupported_media_type', message);
}

/** A parameter must not be repeated, and counts as left out without a value (RFC 6749 §3.2, for RFC 7662). */
function parseForm(text: string): Record<string, string> {
  const fields: [string, string][] = [];
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name) || seen.size >= FORM_MAX_FIELDS || name === '__proto__') {
      throw malformed('The form has a repeated field, a forbidden field or too many fields.');
    }
    seen.add(name);
    if (value !== '') fields.push([name, value]);
  }
  return Object.fromEntries(fields);
}
