import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, sep } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');
const sources = join(root, 'src');

/** CommonJS files that sources load at first use, each a bundle of its own. */
const LOADED_AT_FIRST_USE = [
  'infrastructure/logging/pino-pretty.cjs',
  'infrastructure/security/password-lists.cjs',
];
/**
 * What a bundle cannot hold: a native library, and an engine that reads its files beside it. They are the dependencies
 * of the packed package. `pg` asks for `pg-native` only if told to, and the program never does.
 */
const EXTERNAL = ['@node-rs/argon2', '@electric-sql/pglite', 'pg-native'];

/**
 * Packages of large tables that few requests need: a bundle each, which is read when one of these functions is called for
 * the first time. The sources import them as usual.
 */
const CALLED_SELDOM: Readonly<Record<string, readonly string[]>> = {
  'libphonenumber-js/max': ['parsePhoneNumberFromString'],
  tr46: ['toASCII'],
};

/** Below the folder of the build, without the extension. */
const bundleOf = (name: string): string => `packages/${name.replace('/', '-')}`;

/** Replaces a package of `CALLED_SELDOM` by functions that load it. */
const loadWhenCalled: Plugin = {
  name: 'packages that are loaded when they are called',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'import-statement' && Object.hasOwn(CALLED_SELDOM, path)
        ? { path, namespace: 'called-seldom' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'called-seldom' }, ({ path }) => ({
      // `require` is that of the banner, and keeps what it has loaded.
      contents: (CALLED_SELDOM[path] ?? [])
        .map((name) => `export const ${name} = (...args) => load().${name}(...args);`)
        .concat(`const load = () => require('./${bundleOf(path)}.cjs');`)
        .join('\n'),
      resolveDir: root,
    }));
    onResolve({ filter: /^\.\/packages\// }, ({ path, namespace }) =>
      namespace === 'called-seldom' ? { path, external: true } : undefined,
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

/**
 * Gives `import('package')` the names that Node.js gives it. For a package in CommonJS esbuild gives `default` alone.
 */
const nameExports: Plugin = {
  name: 'names of packages that are imported on demand',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir }) =>
      kind === 'dynamic-import' && !isBuiltin(path) && !EXTERNAL.includes(path)
        ? { path, namespace: 'imported-on-demand', pluginData: resolveDir }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'imported-on-demand' }, async ({ path, pluginData }) => {
      const names = Object.keys(await import(path)).filter((name) => /^\w+$/.test(name));
      const contents = `export { ${names.join(', ')} } from ${JSON.stringify(path)};`;
      return { contents, resolveDir: pluginData as string };
    });
  },
};

/**
 * Bundles the sources and the packages that they use: Node.js spends more time on resolving and linking a thousand
 * modules than on running them. Types are not checked here: `npm run check` does that.
 *
 * @param outdir - an absolute path
 * @returns what went into which file, with paths from the root of the repository
 */
export async function bundleProgram(outdir: string): Promise<readonly Metafile[]> {
  const common = {
    absWorkingDir: root,
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    // The licences of all packages are in one file beside.
    legalComments: 'none',
    // Half of the text, which stays in memory: Node.js also parses it faster. Names stay, for stack traces.
    minifyWhitespace: true,
    external: EXTERNAL,
    metafile: true,
    logLevel: 'warning',
  } as const satisfies BuildOptions;
  const program = await build({
    ...common,
    entryPoints: [join(sources, 'main.ts')],
    format: 'esm',
    // Modules that are imported on demand stay separate files; inlined, every start would load their packages.
    splitting: true,
    // Packages in CommonJS call `require` for the modules of Node.js.
    banner: {
      js: "import { createRequire as createRequireOfNode } from 'node:module'; const require = createRequireOfNode(import.meta.url);",
    },
    plugins: [keepModulePaths, nameExports, loadWhenCalled],
  });
  const parts = await build({
    ...common,
    entryPoints: [
      ...LOADED_AT_FIRST_USE.map((path) => ({
        in: join(sources, path),
        out: path.replace(/\.cjs$/, ''),
      })),
      ...Object.keys(CALLED_SELDOM).map((name) => ({ in: name, out: bundleOf(name) })),
    ],
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  });
  const metafiles = [program.metafile, parts.metafile];
  for (const path of metafiles.flatMap(({ outputs }) => Object.keys(outputs))) {
    if (/\.c?js$/.test(path)) assertOneByteCharacters(join(root, path));
  }
  return metafiles;
}

/**
 * One character beyond Latin-1 doubles the memory of a whole file. esbuild escapes them, but not in regular expressions.
 * @throws Error with the place
 */
function assertOneByteCharacters(path: string): void {
  const text = readFileSync(path, 'utf8');
  const at = text.search(/[^\0-\xff]/);
  if (at === -1) return;
  const place = JSON.stringify(text.slice(Math.max(0, at - 60), at + 20));
  throw new Error(`${path}: write the character as \\u…: ${place}`);
}
