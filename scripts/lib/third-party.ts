import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { readPackageVersion } from './package-version.ts';

const root = join(import.meta.dirname, '..', '..');
const SWAGGER_UI = 'node_modules/@fastify/swagger-ui';
/** For the few packages whose authors publish no licence file. They are under the MIT licence, all of them. */
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** A package of which a part is in the build. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX identifier. */
  readonly license: string;
  /** The licence and notices as published. */
  readonly text: string;
}

/**
 * The packages of which the build holds a part, by name and version: those in the bundles, and those of the files that
 * `/docs` serves.
 *
 * @throws Error for a package whose licence text is unknown
 */
export function bundledPackages(metafiles: readonly Metafile[]): readonly BundledPackage[] {
  const folders = new Set([SWAGGER_UI]);
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        // Greedy: a package may be inside another's folder.
        const [folder] = path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? [];
        if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
      }
    }
  }
  return [...[...folders].map((folder) => readPackage(join(root, folder))), readSwaggerUi()].sort(
    (a, b) => compare(a.name, b.name) || compare(a.version, b.version),
  );
}

/** Swagger UI, of which `@fastify/swagger-ui` holds a copy without its licence. */
function readSwaggerUi(): BundledPackage {
  const name = 'swagger-ui-dist';
  const { devDependencies } = JSON.parse(
    readFileSync(join(root, SWAGGER_UI, 'package.json'), 'utf8'),
  ) as { devDependencies: Record<string, string> };
  const version = devDependencies[name];
  if (version === undefined) throw new Error(`${SWAGGER_UI} does not say which ${name} it holds`);
  const license = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  const text = `Copyright 2020-2021 SmartBear Software Inc.\n\n${license}`;
  return { name, version, license: 'Apache-2.0', text };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license, author } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: string; author?: string | { name: string } };
  const files = readdirSync(folder).filter((file) => /^(?:un)?licen[cs]e|^notice/i.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const holder = typeof author === 'string' ? author : author?.name;
  if (texts.length === 0 && license === 'MIT' && holder !== undefined) {
    texts.push(`Copyright (c) ${holder}\n\n${MIT}`);
  }
  if (license === undefined || texts.length === 0) {
    throw new Error(`${name} ${version} is in the build, and the text of its licence is unknown`);
  }
  return { name, version, license, text: texts.join('\n\n') };
}

/** Writes `third-party-notices.txt` and `sbom.cdx.json`, which scanners of images and folders read, into a folder. */
export function writeThirdPartyFiles(directory: string, packages: readonly BundledPackage[]): void {
  const notices = packages.map(
    ({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`,
  );
  writeFileSync(
    join(directory, 'third-party-notices.txt'),
    `This program contains the following packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
  );
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: { type: 'application', name: 'user-service', version: readPackageVersion() },
    },
    components: packages.map(({ name, version, license }) => ({
      type: 'library',
      'bom-ref': `${name}@${version}`,
      name,
      version,
      licenses: [{ expression: license }],
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    })),
  };
  writeFileSync(join(directory, 'sbom.cdx.json'), `${JSON.stringify(document, null, 2)}\n`);
}
