import { ServiceErrorCodeHeader, ServiceErrorHeader } from '@nats-io/services';
import { allowsServices } from '../../src/interfaces/api/access.ts';
import { PROBLEMS, type ProblemCode } from '../../src/interfaces/api/problem-table.ts';
import {
  fieldErrorSchema,
  PROBLEM_MEDIA_TYPE,
  problemSchema,
} from '../../src/interfaces/api/problems.ts';
import { problemExamples } from '../../src/interfaces/http/openapi/problem-schemas.ts';
import type { Endpoint } from '../../src/interfaces/nats/endpoint.ts';
import { responseHeaders } from './headers.ts';
import { type Json, pascalCase, reference, text } from './json.ts';

/** Codes that every endpoint can return. */
const EVERYWHERE: readonly ProblemCode[] = [
  'malformed_request',
  'payload_too_large',
  'validation_failed',
  'internal_error',
  'overloaded',
  'unavailable',
];
/** Codes that every endpoint with credentials can return, too. */
const OF_CREDENTIALS: readonly ProblemCode[] = ['unauthenticated', 'invalid_token', 'forbidden'];

const OF_IDEMPOTENCY_KEYS: readonly ProblemCode[] = [
  'idempotency_key_invalid',
  'idempotency_in_progress',
  'idempotency_key_reused',
  // Endpoints that write take keys.
  'outcome_unknown',
];

/** All codes that an endpoint can return, in the order of the problem table. */
export function problemCodesOf({
  access,
  problems,
  acceptsIdempotencyKey,
}: Endpoint): readonly ProblemCode[] {
  const codes = new Set([
    ...EVERYWHERE,
    ...problems,
    ...(access === 'public' ? [] : OF_CREDENTIALS),
    ...(allowsServices(access) ? (['rate_limited'] as const) : []),
    ...(acceptsIdempotencyKey ? OF_IDEMPOTENCY_KEYS : []),
  ]);
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => codes.has(code));
}

/** References to the messages of an endpoint's problems, by code. */
export function problemReferences(endpoint: Endpoint): Json {
  return Object.fromEntries(
    problemCodesOf(endpoint).map((code) => [
      code,
      reference(`components/messages/${messageName(code)}`),
    ]),
  );
}

/** A message for each code. */
export function problemMessages(codes: ReadonlySet<ProblemCode>): Json {
  const examples = problemExamples(codes) as Record<string, { readonly value: unknown }>;
  return Object.fromEntries(
    [...codes].map((code) => [
      messageName(code),
      {
        name: code,
        title: PROBLEMS[code].title,
        summary: PROBLEMS[code].meaning,
        contentType: PROBLEM_MEDIA_TYPE,
        headers: reference('components/schemas/ProblemHeaders'),
        payload: {
          allOf: [
            reference('components/schemas/Problem'),
            { properties: { code: { type: 'string', const: code } } },
          ],
        },
        examples: [{ name: code, payload: examples[pascalCase(code)]?.value }],
      },
    ]),
  );
}

/** The schemas of problems: over NATS they have fewer codes than over HTTP, and point into the body only. */
export function problemComponents(codes: ReadonlySet<ProblemCode>): Json {
  const { properties } = problemSchema;
  return {
    ProblemHeaders: problemHeaders(codes),
    Problem: {
      ...problemSchema,
      properties: {
        ...properties,
        status: { ...properties.status, description: 'Number of the kind of problem.' },
        code: { ...properties.code, enum: [...codes] },
        errors: { ...properties.errors, items: reference('components/schemas/FieldError') },
      },
    },
    FieldError: {
      ...fieldErrorSchema,
      properties: {
        ...fieldErrorSchema.properties,
        pointer: text(
          'JSON Pointer (RFC 6901) to the field in the payload, such as `/email`; empty for the whole payload. A header has the prefix `/header`.',
        ),
      },
    },
  };
}

function problemHeaders(codes: ReadonlySet<ProblemCode>): Json {
  const { type, properties, required } = responseHeaders(PROBLEM_MEDIA_TYPE);
  const statuses = new Set([...codes].map((code) => String(PROBLEMS[code].status)));
  return {
    type,
    properties: {
      ...properties,
      [ServiceErrorCodeHeader]: {
        type: 'string',
        enum: [...statuses],
        description: 'As `status` in the payload.',
      },
      [ServiceErrorHeader]: {
        type: 'string',
        enum: [...codes],
        description: 'As `code` in the payload.',
      },
      'Retry-After': {
        ...text('Seconds to wait before a retry; with the numbers 429 and 503.'),
        pattern: '^[1-9][0-9]*$',
      },
    },
    required: [...required, ServiceErrorCodeHeader, ServiceErrorHeader],
  };
}

function messageName(code: ProblemCode): string {
  return `${pascalCase(code)}Problem`;
}
