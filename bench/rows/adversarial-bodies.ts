import type { Route } from '../../src/interfaces/http/route.ts';
import { adversarialTexts, differentWords } from './adversarial-texts.ts';

export interface NamedBody {
  readonly name: string;
  readonly body: Buffer;
}

const valid: Readonly<Record<string, unknown>> = {
  first_name: 'Ada',
  last_name: 'Okafor',
  email: 'ada@example.com',
  phone: null,
  password: 'quiet otter sings 78',
  refresh_token: `urt_${'a'.repeat(86)}`,
  ids: ['0198c0de-0000-7000-8000-00000000000a'],
};

/** Bodies that fill the limit of a route: malformed, against its schema, and against the rules of its fields. */
export function adversarialBodies(route: Route, limitBytes: number): readonly NamedBody[] {
  const names = Object.keys(
    (route.body?.schema as { properties?: Record<string, unknown> } | undefined)?.properties ?? {},
  );
  return [
    ...shapes(limitBytes),
    ...names.flatMap((name) => nested(name, limitBytes)),
    ...names.flatMap((name) => textsIn(names, [name], limitBytes)),
    ...(names.length > 1 ? textsIn(names, names, limitBytes) : []),
    ...(names.includes('password') ? passwordsOfWords(names) : []),
    ...(names.includes('ids') ? idLists(limitBytes) : []),
  ];
}

/** Repeats `unit` between `start` and `end` up to the limit; `unit` may depend on its index. */
function fill(
  limitBytes: number,
  start: string,
  unit: string | ((index: number) => string),
  end: string,
): Buffer {
  const parts = [start];
  let room = limitBytes - Buffer.byteLength(start + end);
  for (let index = 0; ; index += 1) {
    const part = typeof unit === 'string' ? unit : unit(index);
    room -= Buffer.byteLength(part);
    if (room < 0) break;
    parts.push(part);
  }
  return Buffer.from(parts.join('') + end);
}

function named(name: string, body: Buffer): NamedBody {
  return { name, body };
}

function shapes(limit: number): readonly NamedBody[] {
  const deep = Math.floor(limit / 2);
  return [
    named('white space', fill(limit, '', ' ', '')),
    named('invalid UTF-8 at the end', Buffer.concat([fill(limit - 1, '"', 'a', ''), ff])),
    named('an open string', fill(limit, '"', 'a', '')),
    named('an open string of escapes', fill(limit, '"', '\\\\', '')),
    named('a string', fill(limit, '"', 'a', '"')),
    named('a string of escaped quotes', fill(limit, '"', '\\"', '"')),
    named('a string of escaped letters', fill(limit, '"', '\\u0061', '"')),
    named('a string of lone surrogates', fill(limit, '"', '\\ud800', '"')),
    named('a long number', fill(limit, '', '1', '')),
    named('a long fraction', fill(limit, '0.', '7', '')),
    named('brackets as deep as fits', Buffer.from('['.repeat(deep) + ']'.repeat(deep))),
    named('objects as deep as fits', fillPairs(limit, '{"a":', '}')),
    named(
      'deep arrays side by side',
      fill(limit, '[0', `,${'['.repeat(31)}${']'.repeat(31)}`, ']'),
    ),
    named(
      'deep objects side by side',
      fill(limit, '[0', `,${'{"a":'.repeat(30)}0${'}'.repeat(30)}`, ']'),
    ),
    named('wrong elements', fill(limit, '[0', ',0', ']')),
    named('empty objects', fill(limit, '[0', ',{}', ']')),
    named('empty strings', fill(limit, '[0', ',""', ']')),
    named('long numbers', fill(limit, '[0', `,${'9'.repeat(300)}`, ']')),
    named('numbers with exponents', fill(limit, '[0', ',1.7976931348623157e308', ']')),
    named(
      'unknown fields',
      fill(limit, '{"a":0', (index) => `,"${index.toString(36)}":0`, '}'),
    ),
    named(
      'unknown fields that are array indexes',
      fill(limit, '{"a":0', (index) => `,"${index}":0`, '}'),
    ),
    named(
      'unknown fields in descending order of index',
      fill(limit, '{"a":0', (index) => `,"${100_000 - index}":0`, '}'),
    ),
    named(
      'unknown fields with escapes',
      fill(limit, '{"a":0', (index) => `,"\\n${index}":0`, '}'),
    ),
    named(
      'a repeated key at the end',
      fill(limit, '{"z":0', (index) => `,"k${index}":0`, ',"z":0}'),
    ),
    named('one key repeated', fill(limit, '{"a":0', ',"a":0', '}')),
  ];
}

const ff = Buffer.from([0xff]);

function fillPairs(limit: number, open: string, close: string): Buffer {
  const count = Math.floor((limit - 1) / (open.length + close.length));
  return Buffer.from(`${open.repeat(count)}0${close.repeat(count)}`);
}

/** One field of another type, as large as fits. */
function nested(name: string, limit: number): readonly NamedBody[] {
  const start = `{"${name}":`;
  return [
    named(`${name}: wrong elements`, fill(limit, `${start}[0`, ',0', ']}')),
    named(`${name}: short strings`, fill(limit, `${start}["x"`, ',"x"', ']}')),
    named(`${name}: empty objects`, fill(limit, `${start}[{}`, ',{}', ']}')),
    named(
      `${name}: unknown fields`,
      fill(limit, `${start}{"a":0`, (index) => `,"${index.toString(36)}":0`, '}}'),
    ),
  ];
}

/** Each text in all of these fields; the other fields are valid. */
function textsIn(
  all: readonly string[],
  changed: readonly string[],
  limit: number,
): readonly NamedBody[] {
  const label = changed.length > 1 ? 'every field' : changed[0];
  const base = Object.fromEntries(all.map((name) => [name, valid[name]]));
  const empty = Object.fromEntries(changed.map((name) => [name, '']));
  const room = limit - Buffer.byteLength(JSON.stringify({ ...base, ...empty }));
  return adversarialTexts(Math.floor(room / changed.length)).map(({ name, text }) => {
    const texts = Object.fromEntries(changed.map((field) => [field, text]));
    return named(`${label}: ${name}`, Buffer.from(JSON.stringify({ ...base, ...texts })));
  });
}

/** Passwords of the names' own words, which are cheap for an attacker, so that the estimate reads all of them. */
function passwordsOfWords(all: readonly string[]): readonly NamedBody[] {
  return [4, 8, 16, 31].map((length) => {
    const words = differentWords(Math.floor(512 / (length + 1)), length);
    const base = Object.fromEntries(all.map((name) => [name, valid[name]]));
    const person = {
      first_name: words.join(' '),
      last_name: [...words].reverse().join(' '),
      password: words.join('1').replaceAll('a', '@').slice(0, 256),
    };
    const body = Buffer.from(JSON.stringify({ ...base, ...person }));
    return named(`password: words of ${length} letters from the names`, body);
  });
}

function idLists(limit: number): readonly NamedBody[] {
  const id = (index: number): string =>
    `0198C0DE-0000-7000-8000-${index.toString(16).toUpperCase().padStart(12, '0')}`;
  const list = (count: number, last: string): Buffer =>
    Buffer.from(
      JSON.stringify({ ids: [...Array.from({ length: count - 1 }, (_, at) => id(at)), last] }),
    );
  return [
    named('500 different ids', list(500, id(500))),
    named('500 ids, the last one wrong', list(500, 'x')),
    named(
      'more ids than allowed',
      fill(limit, `{"ids":["${id(0)}"`, (at) => `,"${id(at)}"`, ']}'),
    ),
  ];
}
