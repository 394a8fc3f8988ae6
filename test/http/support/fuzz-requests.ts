import fc, { type Arbitrary } from 'fast-check';
import { anyText } from '../../support/any-text.ts';
import type { Operation, Schema } from './openapi-operations.ts';

/** A request that fits an operation more or less closely. */
export interface FuzzRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string | Buffer;
}

/** Values of valid requests, so that some requests pass the first check. */
export interface KnownValues {
  /** Ids of users and sessions that exist. */
  readonly ids: readonly string[];
  /** Access tokens and service keys that are valid. */
  readonly credentials: readonly string[];
  /** Valid texts by field name; `other` for all other fields. */
  readonly texts: Readonly<Record<string, readonly string[]>> & {
    readonly other: readonly string[];
  };
}

const AWKWARD_TEXTS = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e\u2066',
  'e\u0301'.repeat(40),
  'a'.repeat(5_000),
  "'; drop table users; --",
  '%_\\',
  '__proto__',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  'K\u212a@example.com',
  'xn--@xn--.xn--',
  '+31201234567',
  'quiet otter sings at dawn',
];

/** Requests to an operation: valid ones, some with a single error, and noise. */
export function fuzzRequests(operation: Operation, known: KnownValues): Arbitrary<FuzzRequest> {
  return fc
    .record({
      path: pathOf(operation, known),
      query: queryOf(operation, known),
      authorization: authorization(known),
      headers: headersOf(operation),
      body: bodyOf(operation, known),
    })
    .map(({ path, query, authorization: credential, headers, body }) => ({
      method: operation.method,
      url: path + query,
      headers: { ...headers, ...credential, ...body.headers },
      ...(body.payload === undefined ? {} : { payload: body.payload }),
    }));
}

function pathOf({ path }: Operation, known: KnownValues): Arbitrary<string> {
  const segment = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known.ids) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: fc.constantFrom('%zz', '%00', '%ff', 'x', '0'.repeat(200)) },
    { weight: 1, arbitrary: anyText({ minLength: 1 }).map(encode) },
  );
  const count = path.split('{').length - 1;
  return fc.array(segment, { minLength: count, maxLength: count }).map((ids) => {
    const left = [...ids];
    return path.replace(/\{[a-z_]+\}/g, () => left.shift() ?? '');
  });
}

function queryOf({ parameters }: Operation, known: KnownValues): Arbitrary<string> {
  const declared = parameters.filter((parameter) => parameter.in === 'query');
  const names = fc.constantFrom('x', '__proto__', ...declared.map(({ name }) => name));
  const value = fc.oneof(text(known, 'other'), fc.integer({ min: -1, max: 250 }).map(String));
  const maxLength = declared.length === 0 ? 1 : 3;
  return fc
    .array(fc.tuple(names, value), { maxLength })
    .map((pairs) => pairs.map(([name, given]) => `${name}=${encode(given)}`).join('&'))
    .map((query) => (query === '' ? '' : `?${query}`));
}

function authorization(known: KnownValues): Arbitrary<Record<string, string>> {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .constantFrom(...known.credentials)
        .map((token) => ({ authorization: `Bearer ${token}` })),
    },
    { weight: 1, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('Bearer', 'Bearer x', 'Bearer usk_x', 'Basic YTpi', 'Bearer a.b.c', '\u00ff')
        .map((header) => ({ authorization: header })),
    },
  );
}

function headersOf({ parameters }: Operation): Arbitrary<Record<string, string>> {
  const names = ['x-request-id', ...parameters.filter((p) => p.in === 'header').map((p) => p.name)];
  const value = fc.constantFrom('*', '"1"', 'W/"1"', '"1", "2"', '"999"', '', 'x', '"', ',');
  return fc.dictionary(fc.constantFrom(...names.map((name) => name.toLowerCase())), value, {
    maxKeys: names.length,
    noNullPrototype: true,
  });
}

interface FuzzBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string | Buffer;
}

function bodyOf({ bodies }: Operation, known: KnownValues): Arbitrary<FuzzBody> {
  const [declaredType, schema] = Object.entries(bodies)[0] ?? [];
  const noise: Arbitrary<string | Buffer> = fc.oneof(
    fc.json(),
    fc.string(),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    fc.constant('['.repeat(500)),
    fc.constant('x'.repeat(40_000)),
  );
  const types = fc.constantFrom(
    'application/json',
    'application/merge-patch+json',
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/json; charset=utf-16',
    ';',
    '',
  );
  const wild = fc
    .tuple(types, noise)
    .map(([type, payload]) => ({ headers: { 'content-type': type }, payload }));
  const none = fc.constant({ headers: {} });
  if (schema === undefined || declaredType === undefined) {
    return fc.oneof({ weight: 3, arbitrary: none }, { weight: 1, arbitrary: wild });
  }
  const encodeAs = declaredType.includes('json') ? JSON.stringify : encodeForm;
  const valid = nearly(schema, known, 'other').map((value) => ({
    headers: { 'content-type': declaredType },
    payload: encodeAs(value),
  }));
  return fc.oneof(
    { weight: 8, arbitrary: valid },
    { weight: 1, arbitrary: wild },
    { weight: 1, arbitrary: none },
  );
}

/** Values of the schema, sometimes with an error. */
function nearly(schema: Schema, known: KnownValues, name: string): Arbitrary<unknown> {
  return fc.oneof(
    { weight: 19, arbitrary: fitting(schema, known, name) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  );
}

function fitting(schema: Schema, known: KnownValues, name: string): Arbitrary<unknown> {
  const { type, properties, items, pattern } = schema as {
    type?: unknown;
    properties?: Record<string, Schema>;
    items?: Schema;
    pattern?: unknown;
  };
  if (properties !== undefined) return object(properties, known);
  if (items !== undefined) return fc.array(nearly(items, known, name), { maxLength: 8 });
  if (pattern !== undefined) return fc.oneof(fc.constantFrom(...known.ids), fc.uuid());
  const orNull = Array.isArray(type) && type.includes('null');
  return orNull ? fc.option(text(known, name)) : text(known, name);
}

function object(properties: Record<string, Schema>, known: KnownValues): Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, schema]) => [
    name,
    nearly(schema, known, name),
  ]);
  const whole = fc.record<Record<string, unknown>>(Object.fromEntries(fields), {
    noNullPrototype: true,
  });
  return whole.chain((value) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(value) },
      { weight: 1, arbitrary: fc.subarray(Object.entries(value)).map(Object.fromEntries) },
      { weight: 1, arbitrary: text(known, 'other').map((name) => ({ ...value, [name]: 1 })) },
    ),
  );
}

function text(known: KnownValues, name: string): Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...(known.texts[name] ?? known.texts.other)) },
    { weight: 1, arbitrary: fc.constantFrom(...AWKWARD_TEXTS) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme' }) },
    { weight: 1, arbitrary: anyText() },
  );
}

/** Percent-encodes. Lone surrogates have no encoding; dots alone would change the path. */
function encode(value: string): string {
  return encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd')).replace(/\./g, '_');
}

function encodeForm(value: unknown): string {
  const form = new URLSearchParams();
  for (const [name, field] of Object.entries(Object(value))) {
    // Not String(): an object made up here may have no usable toString.
    form.append(name, typeof field === 'string' ? field : JSON.stringify(field));
  }
  return form.toString();
}
