import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintApiDocument } from './api-document-lint.ts';
import { checkEventCompatibility } from './event-compatibility.ts';
import { generateAll } from './generated-files.ts';
import { checkLayers } from './layers.ts';

const root = join(import.meta.dirname, '..');

/** Each check returns its errors as lines; a tool prints its own errors and returns one line. */
const CHECKS: readonly (readonly [string, () => Promise<readonly string[]> | readonly string[]])[] =
  [
    ['format and lint', () => run('biome', ['check', '--error-on-warnings'])],
    ['layers', () => checkLayers(root)],
    ['types', () => run('tsc', ['--noEmit', '-p', 'tsconfig.json'])],
    ['types of the client', () => run('tsc', ['--noEmit', '-p', 'packages/client/tsconfig.json'])],
    ['unused code', () => run('knip', [])],
    ['generated files', drift],
    ['event schemas', () => checkEventCompatibility(root)],
    ['API documents', lintApiDocuments],
  ];

let failed = false;
for (const [name, check] of CHECKS) {
  const startedAt = process.hrtime.bigint();
  const errors = await check();
  const seconds = (Number(process.hrtime.bigint() - startedAt) / 1e9).toFixed(1);
  console.log(`${errors.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  for (const error of errors) console.log(`       ${error}`);
  failed ||= errors.length > 0;
}
process.exit(failed ? 1 : 0);

function run(tool: string, args: readonly string[]): readonly string[] {
  const { status, error } = spawnSync(join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined) return [`${tool} could not run: ${error.message}; run npm ci`];
  return status === 0 ? [] : [`${tool} found errors, see above`];
}

async function lintApiDocuments(): Promise<readonly string[]> {
  const errors: string[] = [];
  for (const name of ['docs/openapi.json', 'docs/asyncapi.yaml']) {
    for (const finding of await lintApiDocument(join(root, name))) {
      errors.push(`${name}: ${finding}`);
    }
  }
  return errors;
}

async function drift(): Promise<readonly string[]> {
  const generated = await generateAll();
  const faults = orphans(generated);
  for (const [path, content] of generated) {
    if (readIfPresent(path) !== content) faults.push(`${path} is not what npm run generate writes`);
  }
  return faults;
}

/** What was generated once and has no source any more. */
function orphans(generated: ReadonlyMap<string, string>): string[] {
  const folder = 'src/infrastructure/database/postgres/generated';
  return readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}`)
    .filter((path) => !generated.has(path))
    .map((path) => `${path} is made from nothing any more; delete it`);
}

function readIfPresent(path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
