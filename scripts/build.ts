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
// Beside the old build, which stays whole until the new one is.
const next = join(root, `dist.${process.pid}`);
const sources = join(root, 'src');
/** Several hundred small modules, of which a fifth is used. */
const BUNDLED = ['typebox'];
const keepPackagesOutside: Plugin = {
  name: 'packages stay outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || BUNDLED.some((name) => path === name || path.startsWith(`${name}/`))
        ? undefined
        : { path, external: true },
    );
  },
};
/** A module that reads files beside it goes on finding them where its own place would be. */
const keepPlaces: Plugin = {
  name: 'places of modules',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!path.startsWith(sources) || !text.includes('import.meta.url')) return undefined;
      const place = `./${relative(sources, path).split(sep).join('/')}`;
      const url = `new URL('${place}', import.meta.url).href`;
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
 * Puts the sources into one file: Node.js spends more time on finding and linking two hundred modules than on running
 * them. Packages stay outside, for their users to update, but for those of `BUNDLED`, whose licences go with the build.
 * Types are not looked at here: `npm run check` does.
 */
async function bundle(): Promise<void> {
  await build({
    entryPoints: [join(sources, 'main.ts')],
    outdir: next,
    bundle: true,
    format: 'esm',
    // What is imported on demand stays a file of its own; inlined, its packages would be loaded by every start.
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    plugins: [keepPackagesOutside, keepPlaces],
  });
  const licenses = BUNDLED.map((name) => {
    const text = readFileSync(join(root, 'node_modules', name, 'license'), 'utf8');
    return `${name}\n\n${text.trim()}\n`;
  });
  writeFileSync(join(next, 'licenses.txt'), licenses.join('\n\n'));
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
