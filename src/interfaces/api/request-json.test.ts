import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EdgeError } from './problems.ts';
import { parseJsonBytes } from './request-json.ts';

function parse(text: string): unknown {
  return parseJsonBytes(new TextEncoder().encode(text));
}

function rejectionOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    expect(error.code).toBe('malformed_request');
    return error.message;
  }
  return 'accepted';
}

describe('a repeated key', () => {
  test.each([
    ['{"email":"a","email":"b"}', ': /email'],
    ['{"a":{"b":1,"c":{"d":1,"d":1}}}', ': /a/c/d'],
    ['{"a":[0,{"b":1},{"b":1,"c":[],"b":2}]}', ': /a/2/b'],
    ['[[],[[{"a":0,"a":0}]]]', ': /1/0/0/a'],
    ['{"email":"a","\\u0065mail":"b"}', ': /email'],
    ['{"a\\"b":1,"a\\u0022b":2}', ''],
    ['{"\\n":1,"\\u000A":2}', ''],
    ['{"\\/\\b\\f\\r\\t":1,"/\\u0008\\u000c\\u000d\\u0009":2}', ''],
    ['{"\\\\u0061":1,"\\u005cu0061":2}', ''],
    ['{"\\ud83d\\ude00":1,"\u{1F600}":2}', ''],
    ['{ "a" : "\\\\" , "a" : "}" }', ': /a'],
    ['{"":1,"":2}', ''],
    ['{"secret of mine":1,"secret of mine":2}', ''],
    ['{"constructor":1,"constructor":1}', ': /constructor'],
  ])('%s is rejected, and named where the name is safe to repeat', (text, named) => {
    expect(rejectionOf(text)).toBe(`The body has a key more than once${named}.`);
  });

  test.each([
    '{"a":"a","b":"a"}',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '{"a":"\\",\\"a\\":","b":"{\\"a\\":1,\\"a\\":1}"}',
    '{"a":["a","a",{"b":1}],"b":"\\\\\\""}',
    '{"A":1,"a":2}',
    '{"\\\\n":1,"\\n":2,"n":3}',
    '{"hasOwnProperty":1,"toString":2}',
    '{}',
  ])('%s has none', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  test('is the only reason why JSON of allowed depth and keys is rejected', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        if (!text.includes('__proto__')) expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('is found wherever it is put', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.string(), (value, name) => {
        const key = JSON.stringify(name);
        expect(
          rejectionOf(`[${value},{${key}:${value},"other${name.length}":[],${key}:0}]`),
        ).not.toBe('accepted');
      }),
    );
  });
});

test('the key __proto__ is rejected in every spelling', () => {
  for (const key of ['__proto__', '\\u005f_proto__', '__pr\\u006Fto__']) {
    expect(rejectionOf(`{"a":[{"${key}":1}]}`)).toBe('The body has a key that is not allowed.');
  }
  expect(rejectionOf('{"a":"__proto__"}')).toBe('accepted');
});

test('nesting is allowed up to 32 levels, of objects and arrays alike', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ]) {
    const nested = (depth: number) => `${open?.repeat(depth)}1${close?.repeat(depth)}`;
    expect(rejectionOf(nested(32))).toBe('accepted');
    expect(rejectionOf(nested(33))).toBe('The body is nested too deeply.');
  }
});
