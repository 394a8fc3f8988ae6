import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readEventSchemas } from './asyncapi/events.ts';
import {
  checkEventCompatibility,
  findIncompatibilities,
  findRequestIncompatibilities,
  presentRequests,
  readReleased,
  requestsOf,
  shapesOf,
} from './event-compatibility.ts';

const root = join(import.meta.dirname, '..');
const base = {
  $id: 'urn:user-service:schema:user.moved.v1',
  type: 'object',
  properties: {
    reason: { type: 'string', examples: ['asked'] },
    fields: { type: 'array', items: { type: 'string' } },
    place: {
      type: 'object',
      properties: {
        city: { type: ['string', 'null'] },
        at: { type: 'string', format: 'date-time' },
      },
      required: ['city'],
    },
  },
  required: ['reason', 'fields'],
};
const released = shapesOf([base]);

/** The findings after a change of the schema. */
function findingsOf(change: (schema: typeof base) => void) {
  const schema = structuredClone(base);
  change(schema);
  return findIncompatibilities(released, [schema]);
}

describe('a released type', () => {
  test('may gain optional fields and known values, beside new types', () => {
    expect(findIncompatibilities(released, [base])).toEqual([]);
    expect(
      findingsOf((schema) => {
        Object.assign(schema.properties, { note: { type: 'string' } });
        Object.assign(schema.properties.place.properties, { street: { type: 'string' } });
        schema.properties.reason.examples.push('forced');
        Object.assign(schema.properties.fields.items, { format: 'uuid' });
      }),
    ).toEqual([]);
    const optional = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    expect(findingsOf((schema) => Object.assign(schema.properties, { optional }))).toEqual([]);
    const next = { ...base, $id: 'urn:user-service:schema:user.moved.v2', required: [] };
    expect(findIncompatibilities(released, [base, next])).toEqual([]);
  });

  test.each<[string, Parameters<typeof findingsOf>[0], string]>([
    [
      'lose a field',
      (schema) => void Reflect.deleteProperty(schema.properties, 'reason'),
      'user.moved.v1: reason is gone',
    ],
    [
      'lose a nested field',
      (schema) => void Reflect.deleteProperty(schema.properties.place.properties, 'at'),
      'user.moved.v1: place.at is gone',
    ],
    [
      'change the type of a field',
      (schema) => void Object.assign(schema.properties.reason, { type: 'integer' }),
      'user.moved.v1: reason was required string and is required integer',
    ],
    [
      'let a field become null',
      (schema) => void Object.assign(schema.properties.reason, { type: ['string', 'null'] }),
      'user.moved.v1: reason was required string and is required null|string',
    ],
    [
      'change the items of a list',
      (schema) => void Object.assign(schema.properties.fields.items, { type: 'object' }),
      'user.moved.v1: fields[] was string and is object',
    ],
    [
      'change a format',
      (schema) => void Object.assign(schema.properties.place.properties.at, { format: 'date' }),
      'user.moved.v1: place.at was optional string (date-time) and is optional string (date)',
    ],
    [
      'leave out a required field',
      (schema) => void schema.required.shift(),
      'user.moved.v1: reason was required string and is optional string',
    ],
    [
      'require an optional field',
      (schema) => void schema.required.push('place'),
      'user.moved.v1: place was optional object and is required object',
    ],
    [
      'gain a required field',
      (schema) => {
        Object.assign(schema.properties, { note: { type: 'string' } });
        schema.required.push('note');
      },
      'user.moved.v1: note is new and required',
    ],
    [
      'close a list of values',
      (schema) => void Object.assign(schema.properties.reason, { enum: ['asked'] }),
      'user.moved.v1.reason has a closed list of values (enum)',
    ],
    [
      'close an object',
      (schema) => void Object.assign(schema.properties.place, { additionalProperties: false }),
      'user.moved.v1.place allows no further fields (additionalProperties)',
    ],
  ])('may not %s', (_what, change, finding) => {
    expect(findingsOf(change)).toEqual([finding]);
  });

  test('may not vanish, not even for its next version', () => {
    const next = { ...base, $id: 'urn:user-service:schema:user.moved.v2' };
    expect(findIncompatibilities(released, [next])).toEqual(['user.moved.v1 is gone']);
  });
});

test('the schemas are compatible with the last release, which is the newest in the change log', () => {
  expect(checkEventCompatibility(root)).toEqual([]);
  const [, newest] =
    /^## \[(\d+\.\d+\.\d+)\] - /m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')) ?? [];
  expect(readReleased(root).release).toBe(newest);
});

test('a type that the release has and the working copy lacks is found', () => {
  const { types } = readReleased(root);
  expect(Object.keys(types)).toContain('user.created.v1');
  const rest = readEventSchemas().filter(({ title }) => title !== 'user.created');
  expect(findIncompatibilities(types, rest)).toEqual(['user.created.v1 is gone']);
});

describe('a released request over NATS', () => {
  const described = {
    subject: 'users.v1.move',
    body: {
      type: 'object',
      properties: { id: { type: 'string' }, note: { type: 'string' } },
      required: ['id'],
      additionalProperties: false,
    },
    response: {
      type: 'object',
      properties: { phone: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
      required: ['phone'],
    },
  };
  const before = requestsOf([described]);

  /** The findings after a change of the request and its reply. */
  function changed(change: (request: typeof described) => void) {
    const request = structuredClone(described);
    change(request);
    return findRequestIncompatibilities(before, requestsOf([request]));
  }

  test('may require less, gain optional fields, and reply with more', () => {
    expect(
      changed(({ body, response }) => {
        body.required = [];
        Object.assign(body.properties, { more: { type: 'string' } });
        Object.assign(response.properties, { email: { type: 'string' } });
        response.required.push('email');
      }),
    ).toEqual([]);
  });

  test.each<[string, Parameters<typeof changed>[0], string]>([
    [
      'require more',
      ({ body }) => void body.required.push('note'),
      'users.v1.move request: note was optional string and is required string',
    ],
    [
      'gain a required field',
      ({ body }) => {
        Object.assign(body.properties, { more: { type: 'string' } });
        body.required.push('more');
      },
      'users.v1.move request: more is new and required',
    ],
    [
      'refuse a field',
      ({ body }) => void Reflect.deleteProperty(body.properties, 'note'),
      'users.v1.move request: note is gone',
    ],
    [
      'lose a field of the reply',
      ({ response }) => void Reflect.deleteProperty(response.properties, 'phone'),
      'users.v1.move reply: phone is gone',
    ],
    [
      'change a field of the reply',
      ({ response }) => void response.properties.phone.anyOf.pop(),
      'users.v1.move reply: phone was required null|string and is required string',
    ],
    [
      'leave out a field of the reply',
      ({ response }) => void response.required.shift(),
      'users.v1.move reply: phone was required null|string and is optional null|string',
    ],
  ])('may not %s', (_what, change, finding) => {
    expect(changed(change)).toEqual([finding]);
  });

  test('may not vanish', () => {
    expect(findRequestIncompatibilities(before, {})).toEqual(['users.v1.move is gone']);
  });

  test('is recorded for each subject of the last release', () => {
    const { requests } = readReleased(root);
    expect(Object.keys(requests)).toContain('users.v1.get');
    expect(requests['users.v1.get']?.reply).toMatchObject({ email: 'required string' });
    expect(Object.keys(presentRequests())).toEqual(expect.arrayContaining(Object.keys(requests)));
  });
});
