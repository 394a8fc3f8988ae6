import type { TSchema } from 'typebox';
import {
  IDEMPOTENCY_KEY_MAX_LENGTH,
  IDEMPOTENCY_KEY_MIN_LENGTH,
} from '../../src/interfaces/api/idempotency-key.ts';
import type { Endpoint } from '../../src/interfaces/nats/endpoint.ts';
import { type Json, reference, text } from './json.ts';

/** The schema of a message's headers. A message may have more. */
export interface HeadersSchema extends Json {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Json | TSchema>>;
  readonly required: readonly string[];
}

export function headersSchema(
  properties: HeadersSchema['properties'],
  required: readonly string[],
): HeadersSchema {
  return { type: 'object', properties, required };
}

/** Headers of every reply. */
export function responseHeaders(mediaType: string): HeadersSchema {
  return headersSchema(
    {
      'X-Request-Id': text('Id of the request: the one that the caller sent, or a new one.'),
      'Content-Type': { type: 'string', const: mediaType },
      'Idempotent-Replayed': {
        ...text('`true` when this is the answer of an earlier request with the same key.'),
      },
      'Original-Request-Id': text('With `Idempotent-Replayed`: the id of the earlier request.'),
    },
    ['X-Request-Id', 'Content-Type'],
  );
}

const COMMON = {
  'X-Request-Id': {
    ...text('Id of the request. The service creates one if it is absent or has another form.'),
    pattern: '^[A-Za-z0-9._-]{1,128}$',
  },
  traceparent: {
    ...text('Trace of the caller (W3C Trace Context), which the service continues.'),
    pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}',
  },
};
const AUTHORIZATION = {
  Authorization: {
    ...text('`Bearer` followed by an access token or a service key (`usk_…`).'),
    pattern: '^[Bb][Ee][Aa][Rr][Ee][Rr] ',
  },
};
const IDEMPOTENCY_KEY = {
  'Idempotency-Key': {
    ...text(
      `Visible ASCII, ${IDEMPOTENCY_KEY_MIN_LENGTH}–${IDEMPOTENCY_KEY_MAX_LENGTH} characters. An equal request with the same key takes effect once and gets the first answer.`,
    ),
    minLength: IDEMPOTENCY_KEY_MIN_LENGTH,
  },
};

/** Headers of requests, without credentials and with them. */
export function requestHeaders(): Json {
  return {
    PublicRequestHeaders: { type: 'object', properties: COMMON },
    RequestHeaders: headersSchema({ ...AUTHORIZATION, ...COMMON }, ['Authorization']),
  };
}

/** Headers of the requests to an endpoint. */
export function requestHeadersOf({ access, headers = [], acceptsIdempotencyKey }: Endpoint): Json {
  const isPublic = access === 'public';
  if (headers.length === 0 && acceptsIdempotencyKey === undefined) {
    return reference(`components/schemas/${isPublic ? 'PublicRequestHeaders' : 'RequestHeaders'}`);
  }
  const own = headers.map(({ name, description }) => [name, text(description)] as const);
  const required = access === 'public_or_service' ? [] : ['Authorization'];
  return headersSchema(
    {
      ...AUTHORIZATION,
      ...COMMON,
      ...(acceptsIdempotencyKey ? IDEMPOTENCY_KEY : {}),
      ...Object.fromEntries(own),
    },
    required,
  );
}
