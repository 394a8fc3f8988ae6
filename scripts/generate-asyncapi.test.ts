import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { endpoints, subjectOf } from '../src/interfaces/nats/endpoints.ts';
import { asyncApiDocument, generateAsyncApi } from './generate-asyncapi.ts';

type Json = { readonly [name: string]: unknown };

const schema = {
  $id: 'urn:user-service:schema:user.deleted.v1',
  description: 'An account was deleted.',
  type: 'object',
};
const document = asyncApiDocument([schema]) as {
  readonly channels: Record<string, { address: string | null; messages: Record<string, Json> }>;
  readonly operations: Record<string, Json>;
};

function* objectsIn(value: unknown): Generator<Json> {
  if (typeof value !== 'object' || value === null) return;
  yield value as Json;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

function at(pointer: string): unknown {
  const names = pointer.replace('#/', '').split('/');
  return names.reduce<unknown>((place, name) => (place as Json | undefined)?.[name], document);
}

describe('the AsyncAPI document', () => {
  it('has an operation with a reply for each endpoint', () => {
    const requests = Object.values(document.operations).filter(
      ({ action }) => action === 'receive',
    );
    expect(
      requests.map(({ channel }) => (at((channel as { $ref: string }).$ref) as Json).address),
    ).toEqual(endpoints.map(subjectOf));
    for (const { reply } of requests) {
      expect(at((reply as { channel: { $ref: string } }).channel.$ref)).toMatchObject({
        address: null,
      });
    }
  });

  it('has a channel for each schema of an event', () => {
    expect(document.channels['user.deleted']).toMatchObject({
      address: 'users.events.user.deleted.{user_id}',
      messages: {
        message: {
          headers: {
            properties: {
              'ce-type': { const: 'user-service.user.deleted.v1' },
              'ce-dataschema': { const: schema.$id },
            },
          },
        },
      },
    });
    expect(document.operations.publishUserDeleted).toMatchObject({ action: 'send' });
  });

  it('has no broken reference', () => {
    const references = [...objectsIn(document)].flatMap(({ $ref }) =>
      typeof $ref === 'string' ? [$ref] : [],
    );
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) expect(at(reference), reference).toBeTypeOf('object');
  });

  it('describes payloads and headers with valid JSON Schemas', () => {
    const ajv = new Ajv({ validateFormats: false, allowUnionTypes: true, strict: false });
    const messages = Object.values(document.channels).flatMap(({ messages }) =>
      Object.values(messages),
    );
    for (const part of messages.flatMap(({ payload, headers }) => [payload, headers])) {
      if (part !== undefined)
        expect(ajv.validateSchema(part as object), ajv.errorsText()).toBe(true);
    }
  });

  it('is the same text each time, and valid YAML', () => {
    const text = generateAsyncApi();
    expect(generateAsyncApi()).toBe(text);
    expect(parse(text)).toMatchObject({ asyncapi: '3.0.0' });
  });
});
