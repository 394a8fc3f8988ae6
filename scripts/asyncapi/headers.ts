import type { TSchema } from 'typebox';
import { type Json, text } from './json.ts';

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
    },
    ['X-Request-Id', 'Content-Type'],
  );
}

/** Headers of requests, without credentials and with them. */
export function requestHeaders(): Json {
  const common = {
    'X-Request-Id': {
      ...text('Id of the request. The service creates one if it is absent or has another form.'),
      pattern: '^[A-Za-z0-9._-]{1,128}$',
    },
    traceparent: {
      ...text('Trace of the caller (W3C Trace Context), which the service continues.'),
      pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}',
    },
  };
  return {
    PublicRequestHeaders: { type: 'object', properties: common },
    RequestHeaders: headersSchema(
      {
        Authorization: {
          ...text('`Bearer` followed by an access token or a service key (`usk_…`).'),
          pattern: '^[Bb][Ee][Aa][Rr][Ee][Rr] ',
        },
        ...common,
      },
      ['Authorization'],
    ),
  };
}
