import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { startEngine } from '../src/infrastructure/database/embedded/engine.ts';
import { migrateEngine } from '../src/infrastructure/database/embedded/template.ts';
import { findCallerNames } from './sql-comments.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const queriesDirectory = 'src/infrastructure/database/postgres/queries';
const generatedDirectory = 'src/infrastructure/database/postgres/generated';

/**
 * Types every statement of `queries/*.sql` against the migrated schema, in a new embedded database.
 * @returns the generated modules by their path from the repository's root; the same for the same input.
 * @throws Error with the generator's report when a statement does not fit the schema, and for comments that name a
 * caller.
 */
export async function generateSql(): Promise<Map<string, string>> {
  await checkComments();
  const engine = await startEngine({ memory: true });
  // The generator and its worker open one connection each.
  const server = new PGLiteSocketServer({
    db: engine,
    host: '127.0.0.1',
    port: 0,
    maxConnections: 8,
  });
  const directory = await mkdtemp(join(tmpdir(), 'user-service-sql-'));
  try {
    await migrateEngine(engine);
    await server.start();
    await cp(join(root, queriesDirectory), join(directory, 'queries'), { recursive: true });
    return await runGenerator(directory, Number(server.getServerConn().split(':').pop()));
  } finally {
    await rm(directory, { recursive: true, force: true });
    await server.stop();
    await engine.close();
  }
}

async function checkComments(): Promise<void> {
  const directory = join(root, queriesDirectory);
  const names = await readdir(directory);
  const faults = await Promise.all(
    names.map(async (name) =>
      findCallerNames(`${queriesDirectory}/${name}`, await readFile(join(directory, name), 'utf8')),
    ),
  );
  if (faults.flat().length > 0) throw new Error(faults.flat().join('\n'));
}

async function runGenerator(directory: string, port: number): Promise<Map<string, string>> {
  const config = join(directory, 'config.json');
  await writeFile(config, JSON.stringify(generatorConfig(port)));
  const { stdout, stderr } = await run(process.execPath, [findGenerator(), '--config', config], {
    cwd: directory,
    timeout: 120_000,
    // Without PGHOST and the like, which would lead it to another server.
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  // The generator exits with 0 even when it reports a statement that does not fit.
  if (/error/i.test(stdout + stderr)) throw new Error(`${stdout}${stderr}`);
  const files = new Map<string, string>();
  for (const name of (await readdir(join(directory, 'queries'))).sort()) {
    const generated = join(directory, 'generated', name.replace(/\.sql$/, '.queries.ts'));
    files.set(
      `${generatedDirectory}/${name.replace(/\.sql$/, '.queries.ts')}`,
      adapt(await readFile(generated, 'utf8')),
    );
  }
  return files;
}

/** npm installs it beside the workspace or at the root. The package exports nothing that could be resolved. */
function findGenerator(): string {
  const candidates = ['tools/sql-codegen/node_modules', 'node_modules'].map((modules) =>
    join(root, modules, '@pgtyped/cli/lib/index.js'),
  );
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error('@pgtyped/cli is not installed: run `npm ci`');
  return found;
}

function generatorConfig(port: number): object {
  return {
    transforms: [{ mode: 'sql', include: '*.sql', emitTemplate: 'generated/{{name}}.queries.ts' }],
    srcDir: './queries',
    failOnError: true,
    maxWorkerThreads: 1,
    db: {
      host: '127.0.0.1',
      port,
      user: 'postgres',
      password: 'unused',
      dbName: 'postgres',
      ssl: false,
    },
    typesOverrides: {
      timestamptz: { parameter: 'Date', return: 'Date' },
      jsonb: { parameter: 'string', return: 'unknown' },
      int8: { parameter: 'number', return: 'string' },
      bytea: { parameter: 'Uint8Array', return: 'Buffer' },
    },
  };
}

/**
 * Replaces the generator's runtime by the service's own. The generator's takes 125 ms to load, builds the same text
 * again at each call, and cannot name prepared statements. The generator also leaves blanks where the comment of the
 * next statement was, and prefixes interfaces.
 */
function adapt(generated: string): string {
  return generated
    .replace(/import .* from '@pgtyped\/runtime';/, runtimeImport)
    .replace(/IR: any =/g, 'IR: StatementSource =')
    .replace(/ +"\};$/gm, '"};')
    .replace(/[ \t]+$/gm, '')
    .replace(/\/\*\* '\w+' query type \*\/\nexport interface \w+Query \{[^}]*\}\n\n/g, '')
    .replace(/\bI([A-Z]\w*(?:Params|Result))\b/g, '$1')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()
    .concat('\n');
}

const runtimeImport =
  "import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';";
