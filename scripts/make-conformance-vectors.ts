// Writes packages/conformance/{tokens,revocations,webhooks,events}.json. The content depends on the scripts alone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeConformanceVectors } from './lib/conformance/vectors.ts';

const root = join(import.meta.dirname, '..');
for (const [path, content] of makeConformanceVectors()) {
  writeFileSync(join(root, path), content);
  console.log(`wrote ${path}`);
}
