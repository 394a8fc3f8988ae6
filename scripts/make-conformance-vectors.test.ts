import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeConformanceVectors } from './lib/conformance/vectors.ts';

const root = join(import.meta.dirname, '..');

it('makes the vectors that are committed', () => {
  const vectors = makeConformanceVectors();
  expect([...vectors.keys()]).toHaveLength(4);
  for (const [path, content] of vectors) {
    expect(JSON.parse(readFileSync(join(root, path), 'utf8')), path).toEqual(JSON.parse(content));
  }
});
