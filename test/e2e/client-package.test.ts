import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { extract } from 'tar';
import { beforeAll, describe, expect, it } from 'vitest';
import { clientEntries, SIZE_BUDGETS, sizeOfEntry } from '../../scripts/lib/client-sizes.ts';
import { startProcess } from '../support/child-process.ts';
import { sectionOf } from '../support/markdown.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'packages', 'client');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly license: string;
  readonly repository?: unknown;
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, string | { readonly types: string; default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly publishConfig: { readonly access: string; readonly provenance: boolean };
}

const description = JSON.parse(read('packages/client/package.json')) as PackageJson;
const service = JSON.parse(read('package.json')) as PackageJson;
const entries = [...clientEntries()];

/** The packed client, and the folder of a project that has it and no other package. */
let home = '';
let tarball = '';
let project = '';

beforeAll(async () => {
  if (!existsSync(join(folder, 'dist'))) {
    throw new Error('packages/client/dist/ is not built: run `npm run build`');
  }
  const directory = createTemporaryDirectory('client');
  home = directory.path;
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory.path];
  const packed = await run('npm', pack, folder);
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  tarball = join(directory.path, filename);
  project = join(directory.path, 'project');
  const installed = join(project, 'node_modules', '@user-service', 'client');
  mkdirSync(installed, { recursive: true });
  await extract({ file: tarball, cwd: installed, strip: 1 });
  return () => directory.remove();
});

describe('package.json of the client', () => {
  it('is of the version of the service, and needs what the service needs', () => {
    expect(description.version).toBe(service.version);
    expect(description.engines).toEqual(service.engines);
    expect(description.license).toBe(service.license);
    expect(description.repository).toEqual(service.repository);
  });

  it('has no dependency, and peers that can be left out', () => {
    expect(description.dependencies).toBeUndefined();
    for (const name of Object.keys(description.peerDependencies ?? {})) {
      expect(description.peerDependenciesMeta?.[name], name).toEqual({ optional: true });
    }
  });

  it('is published as ES modules without side effects, for all, with provenance', () => {
    expect(description).toMatchObject({
      ...{ type: 'module', sideEffects: false },
      publishConfig: { access: 'public', provenance: true },
    });
  });

  it('has an entry, with its types, for every file directly in src', () => {
    const files = readdirSync(join(folder, 'src')).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const sources = entries.map(([, source]) => source);
    expect(sources.sort()).toEqual(
      files
        .filter((name) => !isInner(name))
        .map((name) => `src/${name}`)
        .sort(),
    );
    for (const [entry, target] of Object.entries(description.exports)) {
      if (typeof target === 'string') continue;
      expect(Object.keys(target), entry).toEqual(['types', 'default']);
      expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
    }
  });
});

describe('the packed client', () => {
  it('contains the build, the README, the licence and nothing else', async () => {
    const installed = join(project, 'node_modules', '@user-service', 'client');
    expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    expect(readFileSync(join(installed, 'LICENSE'), 'utf8')).toBe(read('LICENSE'));
    const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
    const strange = files.filter((name) => name.includes('.') && !/\.(?:js|d\.ts)$/.test(name));
    expect(strange).toEqual([]);
    expect(files.filter((name) => name.includes('.test.'))).toEqual([]);
  });

  it('passes publint', async () => {
    await run(bin('publint'), ['run', tarball, '--strict'], project);
  });

  it('has types that resolve as its code does', async () => {
    const output = await run(
      bin('attw'),
      [tarball, '--profile', 'esm-only', '--no-emoji'],
      project,
    );
    for (const [entry] of entries) {
      expect(output).toContain(entry === '.' ? '"@user-service/client"' : entry.slice(2));
    }
  });

  it.each(entries)(
    'has no side effect when %s is loaded, and needs no other package',
    async (entry) => {
      const name = `@user-service/client${entry.slice(1)}`;
      const script = join(project, `load${entry.replaceAll(/\W/g, '-')}.mjs`);
      writeFileSync(
        script,
        `const state = () => JSON.stringify({
        globals: Reflect.ownKeys(globalThis).map(String),
        handles: process.getActiveResourcesInfo().filter((kind) => !/^(?:FS|Close|Pipe|TTY)/.test(kind)),
        listeners: process.eventNames().map((event) => [String(event), process.listenerCount(event)]),
        environment: process.env,
      });
      // Node.js creates some globals on first use.
      void [globalThis.fetch, globalThis.crypto, globalThis.navigator];
      const before = state();
      const entry = await import(${JSON.stringify(name)});
      await new Promise((resolve) => setTimeout(resolve, 1));
      const after = state();
      if (after !== before) throw new Error(before + '\\n' + after);
      console.log(JSON.stringify(Object.keys(entry)));`,
      );
      const output = await run(process.execPath, [script], project);
      expect(output).toMatch(/^\[.*\]\n$/);
    },
  );

  it('works with require, as Node.js has it from 20.19', async () => {
    const script = join(project, 'require.cjs');
    writeFileSync(script, `console.log(Object.keys(require('@user-service/client/testing')));`);
    const quiet = ['--disable-warning=ExperimentalWarning', script];
    expect(await run(process.execPath, quiet, project)).toContain('fakeUserService');
  });
});

describe('the size of the client', () => {
  it.each(entries)('%s keeps its budget', async (entry, source) => {
    const budget = SIZE_BUDGETS[entry];
    expect(budget, `a budget for ${entry} in scripts/lib/client-sizes.ts`).toBeDefined();
    expect(await sizeOfEntry(source)).toBeLessThanOrEqual(budget ?? 0);
  });

  it('is documented, entry by entry', () => {
    const rows = sectionOf(read('docs/reference/limits.md'), 'Size of the client package').matchAll(
      /^\| `(@user-service\/client\S*)` +\| (\d+) KiB +\|/gm,
    );
    const documented = [...rows].map(([, name, size]) => [name, Number(size) * 1_024]);
    const budgets = Object.entries(SIZE_BUDGETS).map(([entry, bytes]) => [
      `@user-service/client${entry.slice(1)}`,
      bytes,
    ]);
    expect(documented).toEqual(budgets);
  });

  it('has no module of Node.js in what browsers load', async () => {
    for (const [entry, source] of entries.filter(([name]) => ['.', './browser'].includes(name))) {
      const { metafile } = await build({
        entryPoints: [join(folder, source)],
        ...{ bundle: true, write: false, format: 'esm', platform: 'browser', metafile: true },
      });
      expect(Object.keys(metafile.outputs), entry).toHaveLength(1);
    }
  });
});

/** Files that lie beside the entries and are parts of several of them. */
function isInner(name: string): boolean {
  return ['result.ts'].includes(name);
}

function bin(name: string): string {
  return join(root, 'node_modules', '.bin', name);
}

/** Runs a program that has to succeed. @returns what it wrote to standard output */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: home, npm_config_update_notifier: 'false', NO_COLOR: '1' };
  const child = await startProcess(program, args, { cwd, env, directory: home });
  const { code } = await child.exited;
  expect(code, child.output()).toBe(0);
  return child.stdout();
}
