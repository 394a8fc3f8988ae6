import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeEmbeddedTemplate } from '../src/infrastructure/database/embedded/template.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
// Beside the old build, which stays whole until the new one is.
const next = join(root, `dist.${process.pid}`);
const migrations = join('infrastructure', 'database', 'postgres', 'migrations');

try {
  compile();
  cpSync(join(root, 'src', migrations), join(next, migrations), { recursive: true });
  const template = await prepareTemplate();
  const target = join(next, 'infrastructure', 'database', 'embedded', 'template.tar.gz');
  copyFileSync(template, target);
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
  console.log('built dist/');
} finally {
  rmSync(next, { recursive: true, force: true });
}

function compile(): void {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const args = ['-p', 'tsconfig.build.json', '--outDir', next];
  const { status, error } = spawnSync(tsc, args, { cwd: root, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error('the sources do not compile, see above');
}

/** The prepared data directory; made again only when the schema, the engine or the way of making it changed. */
async function prepareTemplate(): Promise<string> {
  const directory = join(root, 'node_modules', '.cache', 'user-service');
  const file = join(directory, `template-${fingerprint()}.tar.gz`);
  if (existsSync(file)) return file;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  console.log('preparing the embedded database …');
  const bytes = await writeEmbeddedTemplate(file);
  console.log(`prepared the embedded database: ${(bytes / 1e6).toFixed(1)} MB`);
  return file;
}

function fingerprint(): string {
  const hash = createHash('sha256');
  const database = join(root, 'src', 'infrastructure', 'database');
  for (const folder of [
    database,
    join(database, 'postgres', 'migrations'),
    join(database, 'embedded'),
  ]) {
    const names = readdirSync(folder).filter((name) => /\.(?:ts|sql)$/.test(name));
    for (const name of names.sort()) hash.update(readFileSync(join(folder, name)));
  }
  const engine = join(root, 'node_modules', '@electric-sql', 'pglite', 'package.json');
  return hash.update(readFileSync(engine)).digest('hex').slice(0, 16);
}
