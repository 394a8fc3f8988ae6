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
import { dirname, join } from 'node:path';
import { writeEmbeddedTemplate } from '../src/infrastructure/database/embedded/template.ts';
import { DOCS_FILES } from '../src/interfaces/http/routes/docs-files.ts';
import { bundleProgram } from './lib/bundle.ts';
import { buildClientPackage } from './lib/client-package.ts';
import { bundledPackages, writeThirdPartyFiles } from './lib/third-party.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
// Beside the old build, which stays in place until the new one is complete.
const next = join(root, `dist.${process.pid}`);
const pageTexts = join('interfaces', 'http', 'routes', 'account-pages', 'texts');
const mailTemplates = join('infrastructure', 'mail', 'templates');
const migrations = join('infrastructure', 'database', 'postgres', 'migrations');

try {
  const metafiles = await bundleProgram(next);
  copySwaggerUi();
  writeThirdPartyFiles(next, bundledPackages(metafiles));
  cpSync(join(root, 'src', migrations), join(next, migrations), { recursive: true });
  cpSync(join(root, 'src', pageTexts), join(next, pageTexts), { recursive: true });
  cpSync(join(root, 'src', mailTemplates), join(next, mailTemplates), { recursive: true });
  const template = await prepareTemplate();
  const target = join(next, 'infrastructure', 'database', 'embedded', 'template.tar.gz');
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(template, target);
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
  console.log('built dist/');
  buildClientPackage();
  console.log('built packages/client/dist/');
} finally {
  rmSync(next, { recursive: true, force: true });
}

/** Copies the files that `/docs` serves. The rest of the package is a plug-in that the program does not use. */
function copySwaggerUi(): void {
  const target = join(next, 'interfaces', 'http', 'routes', 'swagger-ui');
  mkdirSync(target, { recursive: true });
  for (const name of DOCS_FILES) {
    copyFileSync(
      join(root, 'node_modules', '@fastify', 'swagger-ui', 'static', name),
      join(target, name),
    );
  }
}

/** Builds the prepared data directory, or takes it from the cache if schema, engine and builder are unchanged. */
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
