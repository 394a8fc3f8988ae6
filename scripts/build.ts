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
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { writeEmbeddedTemplate } from '../src/infrastructure/database/embedded/template.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
// Beside the old build, which stays in place until the new one is complete.
const next = join(root, `dist.${process.pid}`);
const sources = join(root, 'src');
/** Packages of several hundred small modules, of which only a fifth is used. */
const BUNDLED = ['typebox'];
const keepPackagesExternal: Plugin = {
  name: 'external packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || BUNDLED.some((name) => path === name || path.startsWith(`${name}/`))
        ? undefined
        : { path, external: true },
    );
  },
};
/** Rewrites `import.meta.url` to the path of the original module, so that modules find the files beside them. */
const keepModulePaths: Plugin = {
  name: 'paths of modules',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!path.startsWith(sources) || !text.includes('import.meta.url')) return undefined;
      const original = `./${relative(sources, path).split(sep).join('/')}`;
      const url = `new URL('${original}', import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};
const migrations = join('infrastructure', 'database', 'postgres', 'migrations');

try {
  await bundle();
  cpSync(join(root, 'src', migrations), join(next, migrations), { recursive: true });
  const template = await prepareTemplate();
  const target = join(next, 'infrastructure', 'database', 'embedded', 'template.tar.gz');
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(template, target);
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
  console.log('built dist/');
} finally {
  rmSync(next, { recursive: true, force: true });
}

/**
 * Bundles the sources into one file: Node.js spends more time on resolving and linking two hundred modules than on
 * running them. Packages stay external, so that users can update them, except those in `BUNDLED`, whose licences are part
 * of the build. Types are not checked here: `npm run check` does that.
 */
async function bundle(): Promise<void> {
  await build({
    entryPoints: [join(sources, 'main.ts')],
    outdir: next,
    bundle: true,
    format: 'esm',
    // Modules that are imported on demand stay separate files; inlined, every start would load their packages.
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    plugins: [keepPackagesExternal, keepModulePaths],
  });
  const licenses = BUNDLED.map((name) => {
    const text = readFileSync(join(root, 'node_modules', name, 'license'), 'utf8');
    return `${name}\n\n${text.trim()}\n`;
  });
  writeFileSync(join(next, 'licenses.txt'), licenses.join('\n\n'));
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
