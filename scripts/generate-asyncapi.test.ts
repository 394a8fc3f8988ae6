import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROBLEMS } from '../src/interfaces/api/problem-table.ts';
import { endpoints, subjectOf } from '../src/interfaces/nats/endpoints.ts';
import { readEventSchemas, streamDefaults } from './asyncapi/events.ts';
import { asyncApiDocument, generateAsyncApi } from './generate-asyncapi.ts';

type Json = { readonly [name: string]: unknown };

interface Message {
  readonly $ref?: string;
  readonly name: string;
  readonly title: string;
  readonly headers?: Json;
  readonly payload: Json;
  readonly examples: readonly { readonly headers?: unknown; readonly payload: unknown }[];
}

const schemas = readEventSchemas();
const document = asyncApiDocument(schemas) as {
  readonly channels: Record<
    string,
    { address?: string; description?: string; messages: Record<string, Message> }
  >;
  readonly operations: Record<string, Json>;
  readonly components: Record<string, Record<string, Json>>;
} & Json;

function* objectsIn(value: unknown): Generator<Json> {
  if (typeof value !== 'object' || value === null) return;
  yield value as Json;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

function at(pointer: string): unknown {
  const names = pointer.replace('#/', '').split('/');
  return names.reduce<unknown>((place, name) => (place as Json | undefined)?.[name], document);
}

/** Every message once, by its place in the document. */
function messages(): [string, Message][] {
  const found = new Map<string, Message>();
  for (const [channel, { messages }] of Object.entries(document.channels)) {
    for (const [name, message] of Object.entries(messages)) {
      const place = message.$ref ?? `#/channels/${channel}/messages/${name}`;
      found.set(place, at(place) as Message);
    }
  }
  return [...found];
}

describe('the AsyncAPI document', () => {
  it('has an operation with a reply for each endpoint', () => {
    const requests = Object.values(document.operations).filter(
      ({ action }) => action === 'receive',
    );
    expect(
      requests.map(({ channel }) => (at((channel as { $ref: string }).$ref) as Json).address),
    ).toEqual(endpoints.map(subjectOf));
    for (const [index, { reply }] of requests.entries()) {
      const { messages } = at((reply as { channel: { $ref: string } }).channel.$ref) as {
        messages: Json;
      };
      expect(Object.keys(messages)).toEqual(
        expect.arrayContaining([
          'response',
          'malformed_request',
          ...(endpoints[index]?.problems ?? []),
        ]),
      );
    }
  });

  it('has a channel with a filter subject for each schema of an event', () => {
    expect(schemas).toHaveLength(15);
    for (const { $id } of schemas) {
      const type = /([a-z_]+\.[a-z_]+)\.v1$/.exec($id)?.[1] ?? '';
      expect(document.channels[type], type).toMatchObject({
        address: `users.events.${type}.{user_id}`,
        description: expect.stringContaining(`users.events.${type}.*`),
      });
    }
    expect(document.operations.publishUserDeleted).toMatchObject({ action: 'send' });
  });

  it('describes the stream with the defaults of the configuration', () => {
    expect(streamDefaults).toEqual({
      name: 'USERS',
      replicas: 1,
      maxAgeMs: 7 * 86_400_000,
      duplicateWindowMs: 3_600_000,
    });
    expect(document['x-jetstream']).toMatchObject({
      name: 'USERS',
      subjects: ['users.events.>'],
      retention: 'limits',
      max_age: '7d',
      duplicate_window: '1h',
    });
    const guide = String(document.components.tags?.events?.description);
    for (const fact of ['`USERS`', '`users.events.>`', '`limits`', '`7d`', '`1h`', 'durable']) {
      expect(guide).toContain(fact);
    }
  });

  it('has a server, and no broken reference', () => {
    expect(document.servers).toMatchObject({ nats: { protocol: 'nats' } });
    const references = [...objectsIn(document)].flatMap(({ $ref }) =>
      typeof $ref === 'string' ? [$ref] : [],
    );
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) expect(at(reference), reference).toBeTypeOf('object');
  });

  it('has a name, a title and an example for each message', () => {
    expect(messages()).toHaveLength(10 + 5 + 22 + 1 + 2 + 15);
    for (const [place, { name, title, examples }] of messages()) {
      expect([name, title], place).toEqual([expect.any(String), expect.any(String)]);
      expect(examples.length, place).toBeGreaterThan(0);
    }
    const names = messages().map(([, { name }]) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has examples that fit their schemas', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema(document, 'document');
    const fits = (place: string, value: unknown): void => {
      const validate = ajv.compile({ $ref: `document${place}` });
      expect(validate(value), `${place}: ${ajv.errorsText(validate.errors)}`).toBe(true);
    };
    for (const [place, { headers, examples }] of messages()) {
      for (const example of examples) {
        fits(`${place}/payload`, example.payload);
        if (headers !== undefined && example.headers !== undefined) {
          fits(`${place}/headers`, example.headers);
        }
      }
    }
  });

  it('explains each problem once, and not in terms of HTTP', () => {
    const text = generateAsyncApi();
    expect(text).not.toMatch(/\bHTTP\b|\bURI\b|\/query|Allow\b.*header/);
    expect(
      [...objectsIn(document)].filter(
        ({ summary }) => summary === PROBLEMS.malformed_request.meaning,
      ),
    ).toHaveLength(1);
  });

  it('is the same text each time, and valid YAML', () => {
    const text = generateAsyncApi();
    expect(generateAsyncApi()).toBe(text);
    expect(parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
  });
});
