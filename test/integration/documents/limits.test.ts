import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { keys } from '../../../src/config/schema.ts';
import { inlineCode } from '../../support/markdown.ts';

const limits = readFileSync(new URL('../../../docs/reference/limits.md', import.meta.url), 'utf8');

/** Keys that bound a wait, a pool, a queue or a number of connections or sessions. */
const BOUND =
  /(?:timeout|wait|deadline|slots|_conns|_lifetime|_idle_time|max_connections\w*|max_per_\w+)$/;

it('has a row for every configured bound of a wait, a pool or a queue', () => {
  const bounds = keys.filter((key) => BOUND.test(key));
  expect(bounds).toContain('database.max_open_conns');
  const named = new Set(inlineCode(limits));
  expect(bounds.filter((key) => !named.has(key))).toEqual([]);
});
