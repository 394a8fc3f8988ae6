import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const { version } = JSON.parse(read('package.json')) as { version: string };

// What a running service shows is checked by test/e2e/package.test.ts on the packed package.
it('names the same version in every file that has one', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    version: string;
    packages: Record<string, { version?: string }>;
  };
  expect(lock.version).toBe(version);
  expect(lock.packages['']?.version).toBe(version);
  expect(JSON.parse(read('docs/openapi.json')).info.version).toBe(version);
  expect(parse(read('docs/asyncapi.yaml')).info.version).toBe(version);
});

it('has an entry of this version in the change log, above the older ones and with a date', () => {
  const headings = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, text = '']) => text);
  const released = headings.filter((heading) => heading !== '[Unreleased]');
  expect(released[0]).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
  expect(released[0]).toContain(`[${version}]`);
});
