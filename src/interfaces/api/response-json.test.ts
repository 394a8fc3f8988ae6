import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { writeJson } from './response-json.ts';

const schema = Type.Object({
  name: Type.String(),
  nickname: Type.Optional(Type.String()),
  tags: Type.Array(Type.Object({ label: Type.String() })),
});

describe('writeJson', () => {
  it('leaves out fields that the schema does not name, at every depth', () => {
    const value = { name: 'a', hash: 'canary', tags: [{ label: 'b', secret: 'canary' }] };
    expect(writeJson(schema, value, String)).toBe('{"name":"a","tags":[{"label":"b"}]}');
  });

  it('keeps null and leaves out undefined', () => {
    const value = { name: null, nickname: undefined, tags: [] };
    expect(writeJson(schema, value, String)).toBe('{"name":null,"tags":[]}');
  });

  it('rejects a response without a required field', () => {
    expect(() => writeJson(schema, { name: 'a' }, String)).toThrow('lacks the field tags');
  });

  it('ignores fields of the prototype', () => {
    const value = Object.assign(Object.create({ name: 'inherited' }), { tags: [] });
    expect(() => writeJson(schema, value, String)).toThrow('lacks the field name');
  });
});
