import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpoints, subjectOf } from '../src/interfaces/nats/endpoints.ts';
import { readEventSchemas } from './asyncapi/events.ts';

/** The released schemas of events and NATS requests, from the root of the repository. A release writes it again. */
export const RELEASED_EVENTS = 'docs/events/released.json';

/** A part of a JSON Schema. */
type Schema = { readonly [keyword: string]: unknown };

/** What consumers depend on: each field of a type by its path, such as `values.phone` or `changed_fields[]`. */
type Shape = Readonly<Record<string, string>>;

/** The shapes of all types by name, such as `user.created.v1`. */
type Shapes = Readonly<Record<string, Shape>>;

/** A request over NATS and its successful reply, by subject. */
type Requests = Readonly<Record<string, { readonly request: Shape; readonly reply: Shape }>>;

interface Released {
  readonly release: string;
  readonly types: Shapes;
  readonly requests: Requests;
}

const ID_PREFIX = 'urn:user-service:schema:';

export function shapesOf(schemas: readonly (Schema & { readonly $id: string })[]): Shapes {
  return Object.fromEntries(
    schemas.map((schema) => [schema.$id.slice(ID_PREFIX.length), shapeOf(schema)]),
  );
}

/** The shapes of what callers send and get. */
export function requestsOf(
  described: readonly {
    readonly subject: string;
    readonly body: Schema;
    readonly response: Schema;
  }[],
): Requests {
  return Object.fromEntries(
    described.map(({ subject, body, response }) => [
      subject,
      { request: shapeOf(body), reply: shapeOf(response) },
    ]),
  );
}

export function presentRequests(): Requests {
  return requestsOf(
    endpoints.map((endpoint) => ({
      subject: subjectOf(endpoint),
      body: endpoint.body as Schema,
      response: endpoint.response as Schema,
    })),
  );
}

export function writeReleased(released: Released): string {
  return `${JSON.stringify(released, null, 2)}\n`;
}

function shapeOf(schema: Schema): Shape {
  return Object.fromEntries(fieldsOf(schema, ''));
}

function fieldsOf(schema: Schema, path: string): readonly (readonly [string, string])[] {
  const {
    properties,
    required = [],
    items,
  } = schema as {
    properties?: Record<string, Schema>;
    required?: readonly string[];
    items?: Schema;
  };
  const nested = Object.entries(properties ?? {}).flatMap(([name, field]) => {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    const presence = required.includes(name) ? 'required' : 'optional';
    return [[fieldPath, `${presence} ${typeOf(field)}`] as const, ...fieldsOf(field, fieldPath)];
  });
  if (items === undefined) return nested;
  return [[`${path}[]`, typeOf(items)], ...nested, ...fieldsOf(items, `${path}[]`)];
}

/** The type with its format. A list of values without a type has that of its values. */
function typeOf({ type, format, enum: values, const: value, anyOf }: Schema): string {
  if (Array.isArray(anyOf)) {
    return [...new Set(anyOf.map((part) => typeOf(part as Schema)))].sort().join('|');
  }
  const listed = Array.isArray(values) ? values : [value];
  const types = type ?? listed.map((one) => (one === null ? 'null' : typeof one));
  const name = [...new Set([types].flat())].sort().join('|');
  return typeof format === 'string' ? `${name} (${format})` : name;
}

/**
 * What a change since the release takes away from consumers. A released type may gain optional fields and known values;
 * any other change needs a type with the next version.
 */
export function findIncompatibilities(
  released: Shapes,
  schemas: Parameters<typeof shapesOf>[0],
): readonly string[] {
  const present = shapesOf(schemas);
  return [
    ...Object.entries(released).flatMap(([type, shape]) => compare(type, shape, present[type])),
    ...schemas.flatMap((schema) => findClosed(schema, schema.$id.slice(ID_PREFIX.length))),
  ];
}

function compare(type: string, before: Shape, now: Shape | undefined): readonly string[] {
  if (now === undefined) return [`${type} is gone`];
  const changed = Object.entries(before).flatMap(([path, was]) => {
    const is = now[path];
    if (is === undefined) return [`${type}: ${path} is gone`];
    // A format that is added describes what was sent before.
    const isSame = is === was || is.startsWith(`${was} (`);
    return isSame ? [] : [`${type}: ${path} was ${was} and is ${is}`];
  });
  const added = Object.entries(now)
    .filter(([path, is]) => before[path] === undefined && is.startsWith('required '))
    // A required field of a new optional object is no burden.
    .filter(([path]) => parentsOf(path).every((parent) => before[parent] !== undefined))
    .map(([path]) => `${type}: ${path} is new and required`);
  return [...changed, ...added];
}

/**
 * What a change since the release takes away from callers over NATS. A request may gain optional fields and require less;
 * a reply may gain fields.
 */
export function findRequestIncompatibilities(
  released: Requests,
  present: Requests,
): readonly string[] {
  return Object.entries(released).flatMap(([subject, { request, reply }]) => {
    const now = present[subject];
    if (now === undefined) return [`${subject} is gone`];
    const requires = (path: string) => now.request[path]?.startsWith('required ') === true;
    const loosened = Object.fromEntries(
      Object.entries(request).map(([path, was]) => [
        path,
        requires(path) ? was : was.replace(/^required /, 'optional '),
      ]),
    );
    const kept = Object.fromEntries(
      Object.entries(now.reply).filter(([path]) => reply[path] !== undefined),
    );
    return [
      ...compare(`${subject} request`, loosened, now.request),
      ...compare(`${subject} reply`, reply, kept),
    ];
  });
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('.');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
}

/** A closed list or object would make consumers reject what a later version adds. */
function findClosed(schema: Schema, path: string): readonly string[] {
  const { properties = {}, items } = schema as {
    properties?: Record<string, Schema>;
    items?: Schema;
  };
  const fields = Object.entries(properties).map(([name, field]) => [`${path}.${name}`, field]);
  const nested = [...fields, ...(items === undefined ? [] : [[`${path}[]`, items]])] as [
    string,
    Schema,
  ][];
  return [
    ...(schema.enum === undefined ? [] : [`${path} has a closed list of values (enum)`]),
    ...(schema.additionalProperties === false
      ? [`${path} allows no further fields (additionalProperties)`]
      : []),
    ...nested.flatMap(([nestedPath, part]) => findClosed(part, nestedPath)),
  ];
}

export function readReleased(root: string): Released {
  return JSON.parse(readFileSync(join(root, RELEASED_EVENTS), 'utf8')) as Released;
}

/** @returns an error for each change that consumers of the last release would notice. */
export function checkEventCompatibility(root: string): readonly string[] {
  const { release, types, requests } = readReleased(root);
  const changes = [
    ...findIncompatibilities(types, readEventSchemas()),
    ...findRequestIncompatibilities(requests, presentRequests()),
  ];
  return changes.map((change) => `${change}: since ${release} that needs a new version`);
}
