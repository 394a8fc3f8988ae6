import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintApiDocument } from './api-document-lint.ts';
import { checkEventCompatibility } from './event-compatibility.ts';
import { generateAll } from './generated-files.ts';
import { checkLayers } from './layers.ts';

const root = join(import.meta.dirname, '..');

type Check = () => Promise<readonly string[]> | readonly string[];

/** Each check returns its errors as lines. They run side by side, and their results come in this order. */
const CHECKS: readonly (readonly [string, Check])[] = [
  ['format and lint', () => run('biome', ['check', '--error-on-warnings'])],
  ['layers', () => checkLayers(root)],
  ['types', () => run('tsc', ['--noEmit', '-p', 'tsconfig.json'])],
  ['types of the client', () => run('tsc', ['--noEmit', '-p', 'packages/client/tsconfig.json'])],
  ['unused code', () => run('knip', [])],
  ['generated files', drift],
  ['event schemas', () => checkEventCompatibility(root)],
  ['API documents', lintApiDocuments],
];

const results = await Promise.all(CHECKS.map(([name, check]) => timed(name, check)));
for (const { name, errors, seconds } of results) {
  console.log(`${errors.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  for (const error of errors) console.log(`       ${error}`);
}
process.exit(results.some(({ errors }) => errors.length > 0) ? 1 : 0);

async function timed(name: string, check: Check) {
  const startedAt = process.hrtime.bigint();
  const errors = await check();
  const seconds = (Number(process.hrtime.bigint() - startedAt) / 1e9).toFixed(1);
  return { name, errors, seconds };
}

/** Runs a tool as a process of its own. @returns what it wrote, when it failed */
function run(tool: string, args: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const child = spawn(join(root, 'node_modules', '.bin', tool), args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', ({ message }) => {
      resolve([`${tool} could not run: ${message}; run npm ci`]);
    });
    child.once('close', (code) => {
      resolve(code === 0 ? [] : [`${tool} found errors:`, ...output.trimEnd().split('\n')]);
    });
  });
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
