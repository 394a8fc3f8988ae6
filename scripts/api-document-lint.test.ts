import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createTemporaryDirectory } from '../test/support/temp-directory.ts';
import { lintApiDocument } from './api-document-lint.ts';

const info = { title: 'A document', version: '1.0.0', licence: 'Apache-2.0' };

it.each([
  ['OpenAPI', { openapi: '3.1.0', info, paths: {} }, 'spectral info-contact at #/info: '],
  [
    'AsyncAPI',
    { asyncapi: '3.1.0', info, channels: {} },
    'spectral asyncapi-info-contact at #/info: ',
  ],
])(
  'reports findings of both linters in an %s document, with their places',
  async (name, document, found) => {
    const directory = createTemporaryDirectory('api-document');
    onTestFinished(() => directory.remove());
    const path = join(directory.path, `${name}.json`);
    writeFileSync(path, JSON.stringify(document));
    const findings = await lintApiDocument(path);
    expect(findings).toContainEqual(
      expect.stringContaining('redocly struct at #/info/licence: Property `licence`'),
    );
    expect(findings).toContainEqual(expect.stringContaining(found));
  },
);
