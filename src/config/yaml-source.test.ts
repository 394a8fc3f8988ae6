import { describe, expect, it } from 'vitest';
import { linesOf } from '../../test/support/config-setting.ts';

describe('the YAML file', () => {
  it.each([
    ['a list at its root', '- a\n', 'file ./config.yaml: is not a mapping'],
    ['text at its root', 'hello\n', 'file ./config.yaml: is not a mapping'],
    ['bad indentation', 'server:\n  port: 1\n host: a\n', 'file ./config.yaml line '],
    ['two documents', 'server: {}\n---\nserver: {}\n', 'multiple docs'],
    [
      'an unknown tag',
      'server:\n  host: !x y\n',
      'file ./config.yaml line 2: is not valid YAML (tag',
    ],
    [
      'a repeated key',
      'server:\n  port: 1\n  port: 2\n',
      'server.port (file ./config.yaml line 3): is set twice, first on line 2',
    ],
    [
      'a repeated section',
      'server: {port: 1}\nlogging: {}\nserver: {}\n',
      'server (file ./config.yaml line 3): is set twice, first on line 1',
    ],
    ['a dotted key', 'server.port: 1\n', 'is written with dots; expected nested sections'],
    [
      'an alias',
      'server: &a {port: 1}\nlogging: *a\n',
      'logging (file ./config.yaml line 2): is an alias',
    ],
    ['an alias of itself', 'server: &a\n  x: *a\n', 'is an alias'],
    ['a key of an object’s prototype', '__proto__: {a: 1}\n', '__proto__.a'],
    ['a constructor', 'server: {constructor: 1}\n', 'server.constructor'],
    ['too many levels', `${'['.repeat(20_000)}\n`, 'file ./config.yaml'],
    ['too many characters', `# ${'x'.repeat(1_048_577)}`, 'is longer than 1 MiB'],
  ])('is refused with %s', async (_name, yaml, expected) => {
    const lines = await linesOf({ yaml });
    expect(lines.join('\n')).toContain(expected);
  });

  it('cannot expand a small file to a large document', async () => {
    const levels = Array.from({ length: 30 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x, x]' : `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`,
    );
    const lines = await linesOf({ yaml: levels.join('\n') });
    expect(lines).toHaveLength(30);
  });

  it('reports each key of an unknown section with the nearest known key', async () => {
    const lines = await linesOf({ yaml: 'databse:\n  host: a\n  prot: 1\nzzzzzzzz: {}\n' });
    expect(lines).toEqual([
      'databse.host (file ./config.yaml line 2): is not a known key; did you mean database.host?',
      'databse.prot (file ./config.yaml line 3): is not a known key; did you mean database.port?',
      'zzzzzzzz (file ./config.yaml line 4): is not a known key',
    ]);
  });
});
