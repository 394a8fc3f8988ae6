import { CODE_LETTERS } from '../../packages/client/src/calls/operation.ts';
import { OAUTH_ERRORS } from '../../src/interfaces/api/oauth-errors.ts';
import { PROBLEMS } from '../../src/interfaces/api/problem-table.ts';
import { problemCodesOf } from '../../src/interfaces/http/openapi/problem-responses.ts';
import {
  acceptsIdempotencyKey,
  type Repetition,
  type Route,
} from '../../src/interfaces/http/route.ts';

/** The flag of a route without an idempotency key, see `Operation`. */
const REPETITION_FLAGS: Readonly<Record<Repetition, string>> = {
  'reads only': 'r',
  repeatable: 's',
  'repeatable in the grace': 'g',
  'not repeatable': '',
};

/** The row of a route in the table of operations, see `Operation`. */
export function rowOf(route: Route): string {
  const codes = Object.keys(PROBLEMS);
  if (codes.length > CODE_LETTERS.length)
    throw new Error('more problem codes than CODE_LETTERS has');
  const letters =
    route.errors === 'oauth'
      ? Object.keys(OAUTH_ERRORS).map((_code, at) => CODE_LETTERS[at])
      : problemCodesOf(route).map((code) => CODE_LETTERS[codes.indexOf(code)]);
  const flags = flagsOf(route);
  const items = /[lb]/.test(flags) ? (listOf(route)?.[0] ?? '-') : '-';
  return [route.method, route.path, inputKind(route), flags || '-', items, letters.join('')].join(
    ' ',
  );
}

/** The flags of a route, see `Operation`. */
export function flagsOf(route: Route): string {
  const hasCursor =
    'next_cursor' in ((route.responses[200]?.schema as { properties?: object })?.properties ?? {});
  const mediaType = route.responses[200]?.mediaType ?? '';
  const { ids } = (route.body?.schema as { properties?: { ids?: object } })?.properties ?? {};
  return [
    route.access === 'public' ? 'p' : '',
    acceptsIdempotencyKey(route) ? 'k' : '',
    route.ignoresIdempotencyKey ? REPETITION_FLAGS[route.ignoresIdempotencyKey] : '',
    route.errors === 'oauth' ? 'o' : '',
    mediaType === 'application/x-ndjson' ? 'w' : '',
    mediaType.startsWith('text/') ? 't' : '',
    503 in route.responses ? 'n' : '',
    hasCursor && listOf(route) !== undefined ? 'l' : '',
    ids !== undefined && route.ignoresIdempotencyKey === 'reads only' ? 'b' : '',
  ].join('');
}

/** The list in the body of a route: the member, and the type of its elements. */
export function listOf(route: Route): readonly [name: string, items: object] | undefined {
  const { properties = {} } = (route.responses[200]?.schema ?? {}) as {
    properties?: Record<string, { type?: string; items?: object }>;
  };
  const [first] = Object.entries(properties);
  return first?.[1].items === undefined ? undefined : [first[0], first[1].items];
}

function inputKind({ body, query }: Route): string {
  if (body?.mediaTypes.includes('application/merge-patch+json')) return 'm';
  if (body?.mediaTypes.includes('application/json')) return 'j';
  return body !== undefined ? 'f' : query !== undefined ? 'q' : '-';
}
