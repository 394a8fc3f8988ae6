import type { TSchema } from 'typebox';
import {
  IDEMPOTENCY_KEY_MAX_LENGTH,
  IDEMPOTENCY_KEY_MIN_LENGTH,
} from '../../api/idempotency-key.ts';
import { PROBLEMS, type ProblemCode } from '../../api/problem-table.ts';
import { PROBLEM_MEDIA_TYPE } from '../../api/problems.ts';
import { publicPath } from '../public-path.ts';
import { acceptsIdempotencyKey, policiesOf, type ResponseSpec, type Route } from '../route.ts';
import { describeAccess, describeFreshness, securityOf } from './access.ts';
import { EXAMPLES } from './examples.ts';
import { namedSchemas, schemaName, withReferences } from './named-schemas.ts';
import { oauthExamples, oauthResponses } from './oauth-responses.ts';
import { describeProblems, problemCodesOf } from './problem-responses.ts';
import {
  pascalCase,
  problemExamples,
  problemExamplesOf,
  problemSchemaOf,
  problemSchemas,
} from './problem-schemas.ts';
import { requestHeadersOf, setCookieHeaderOf } from './session-cookie-headers.ts';
import { TAGS } from './tags.ts';

type Json = Record<string, unknown>;

export interface DocumentInfo {
  readonly version: string;
  /** Absent from the committed document. */
  readonly publicUrl?: string;
}

/** Generates the OpenAPI 3.1 document of routes. The same routes always give the same document. */
export function openApiDocument(routes: readonly Route[], info: DocumentInfo): Json {
  const responses = new Map<string, Json>();
  const codes = new Set<ProblemCode>();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    if (route.undocumented === true) continue;
    if (route.errors !== 'oauth') for (const code of problemCodesOf(route)) codes.add(code);
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operation(route, responses),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'User service',
      version: info.version,
      summary: 'Accounts, profiles, sign-in and sessions.',
      description:
        'Errors are RFC 9457 problem documents with a stable `code`. Requests with unknown fields are rejected. Send `X-Request-Id` (1–128 characters of `A-Za-z0-9._-`) to trace a request, or the service creates one. Every response returns it. The guides are at `/docs/README.md`.',
      contact: { name: 'The maintainers of user-service' },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: (info.publicUrl && publicPath(info.publicUrl)) || '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({
      name,
      description: TAGS[name] ?? '',
    })),
    paths: withReferences(paths),
    components: {
      schemas: { ...namedSchemas(), ...problemSchemas(codes) },
      examples: { ...namedExamples(), ...problemExamples(codes) },
      responses: Object.fromEntries([...responses].sort(([a], [b]) => (a < b ? -1 : 1))),
      parameters: { IdempotencyKey: idempotencyKeyParameter },
      headers: {
        IdempotentReplayed: {
          description:
            'Set to `true` when this is the stored response of an earlier request with the same `Idempotency-Key`.',
          schema: { type: 'string', enum: ['true'] },
        },
        OriginalRequestId: {
          description: 'With `Idempotent-Replayed`: the id of that earlier request.',
          schema: { type: 'string' },
        },
        RequestId: { description: 'Id of the request.', schema: { type: 'string' } },
        RetryAfter: {
          description: 'Seconds to wait before a retry.',
          schema: { type: 'integer' },
        },
        RateLimit: {
          description:
            'What is left to the client under each policy: `r` requests now, and one more after `t` seconds. Absent for limits of an account.',
          schema: { type: 'string' },
          example: '"sign-in";r=3;t=12',
        },
        RateLimitPolicy: {
          description: 'The policies of the client: `q` requests in `w` seconds.',
          schema: { type: 'string' },
          example: '"sign-in";q=10;w=60',
        },
        WwwAuthenticate: {
          description: 'Authentication challenge (RFC 6750 §3).',
          schema: { type: 'string' },
        },
      },
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'Access token of a signed-in user: `access_token` of `POST /v1/sessions`. Most operations take it.',
        },
        serviceKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'Key of a service account (`usk_…`) with the listed scope, for other services: `user-service service-accounts create`. The embedded service writes its first one to `data/service-key`.',
        },
      },
    },
  };
}

function operation(route: Route, responses: Map<string, Json>): Json {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, describeAccess(route.access), describeFreshness(route)]
      .filter(Boolean)
      .join('\n\n'),
    ...securityOf(route.access),
    ...(route.freshness === undefined ? {} : { 'x-freshness': route.freshness }),
    ...withoutEmpty('parameters', parameters(route)),
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body) }),
    responses: {
      ...successResponses(route),
      ...(route.errors === 'oauth' ? oauthResponses : problemResponses)(route, responses),
    },
  };
}

function parameters(route: Route): Json[] {
  return [
    ...schemaParameters('path', route.params),
    ...schemaParameters('query', route.query),
    ...requestHeadersOf(route).map(({ name, required, description }) => ({
      name,
      in: 'header',
      required,
      description,
      schema: { type: 'string' },
    })),
    ...(acceptsIdempotencyKey(route) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ];
}

function schemaParameters(place: 'path' | 'query', schema: TSchema | undefined): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, Json>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    description,
    schema: rest,
  }));
}

function requestBody({ schema, mediaTypes }: NonNullable<Route['body']>): Json {
  return {
    required: true,
    content: Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, mediaOf(schema)])),
  };
}

function successResponses(route: Route): Json {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, spec]) => [
      status,
      successResponse(spec, status, {
        ...(policiesOf(route).length > 0 ? rateLimitHeaders : {}),
        ...replayHeadersOf(route),
        ...setCookieHeaderOf(route),
      }),
    ]),
  );
}

function successResponse(spec: ResponseSpec, status: string, routeHeaders: Json): Json {
  const { description, schema, mediaType, otherMediaTypes = [], headers = {} } = spec;
  const described = Object.entries(headers).map(([name, text]) => [
    name,
    { description: text, schema: { type: 'string' } },
  ]);
  return {
    description,
    headers: { ...requestIdHeader, ...routeHeaders, ...Object.fromEntries(described) },
    ...(schema === undefined
      ? {}
      : {
          content: {
            [mediaType ?? 'application/json']: mediaOf(schema, status),
            ...Object.fromEntries(otherMediaTypes.map((name) => [name, TEXT_MEDIA])),
          },
        }),
  };
}

const TEXT_MEDIA = { schema: { type: 'string' } };

/** With every response that may have quotas of the client. */
const rateLimitHeaders = {
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
};

const idempotencyKeyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: `A random text of ${IDEMPOTENCY_KEY_MIN_LENGTH} to ${IDEMPOTENCY_KEY_MAX_LENGTH} visible ASCII characters, such as a UUID, bare or in double quotes. The request takes effect once for each key; a repeated request gets the first response.`,
  schema: { type: 'string' },
};

function replayHeadersOf(route: Route): Json {
  if (!acceptsIdempotencyKey(route)) return {};
  return {
    'Idempotent-Replayed': { $ref: '#/components/headers/IdempotentReplayed' },
    'Original-Request-Id': { $ref: '#/components/headers/OriginalRequestId' },
  };
}

const requestIdHeader = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };

function problemResponses(route: Route, responses: Map<string, Json>): Json {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemCodesOf(route)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const described: Json = {};
  for (const [status, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    if (status in route.responses) continue;
    const name = codes.map(pascalCase).join('Or');
    responses.set(name, problemResponse(status, codes));
    described[status] = { $ref: `#/components/responses/${name}` };
  }
  return described;
}

function problemResponse(status: number, codes: readonly ProblemCode[]): Json {
  return {
    description: describeProblems(codes),
    headers: {
      ...requestIdHeader,
      ...(status === 401 || status === 403
        ? { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } }
        : {}),
      ...(status === 429 ? rateLimitHeaders : {}),
      ...(status === 429 || status === 503 || codes.includes('idempotency_in_progress')
        ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }
        : {}),
    },
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: problemSchemaOf(codes),
        examples: problemExamplesOf(codes),
      },
    },
  };
}

/** A body: its schema, and an example where there is one. */
function mediaOf(schema: TSchema, status = ''): Json {
  const name = schemaName(schema) ?? '';
  const example = [`${name}${status}`, name].find((candidate) => candidate in EXAMPLES);
  return {
    schema,
    ...(example === undefined
      ? {}
      : { examples: { example: { $ref: `#/components/examples/${example}` } } }),
  };
}

function namedExamples(): Json {
  const named = [...Object.entries(EXAMPLES), ...oauthExamples()];
  return Object.fromEntries(named.map(([name, value]) => [name, { value }]));
}

function withoutEmpty(name: string, list: readonly Json[]): Json {
  return list.length === 0 ? {} : { [name]: list };
}
