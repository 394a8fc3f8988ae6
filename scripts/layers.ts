import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What the files of one folder may import. A folder may always import itself. The first matching folder counts. */
interface Layer {
  readonly folder: string;
  readonly mayImport: readonly string[];
  /** Packages and Node modules; `all` where there is no limit. */
  readonly packages: readonly string[] | 'all';
}

const INNER = ['src/domain/', 'src/application/', 'src/lib/'];

const LAYERS: readonly Layer[] = [
  { folder: 'src/domain/', mayImport: [], packages: ['libphonenumber-js/max', 'tr46'] },
  { folder: 'src/application/', mayImport: ['src/domain/', 'src/lib/'], packages: [] },
  { folder: 'src/infrastructure/', mayImport: ['src/domain/', 'src/lib/'], packages: 'all' },
  {
    folder: 'src/interfaces/cli/',
    mayImport: [...INNER, 'src/config/', 'src/interfaces/api/'],
    packages: 'all',
  },
  { folder: 'src/interfaces/api/', mayImport: INNER, packages: 'all' },
  { folder: 'src/interfaces/http/', mayImport: [...INNER, 'src/interfaces/api/'], packages: 'all' },
  {
    folder: 'src/interfaces/nats/',
    mayImport: [...INNER, 'src/interfaces/api/', 'src/interfaces/worker/'],
    packages: 'all',
  },
  { folder: 'src/interfaces/worker/', mayImport: INNER, packages: 'all' },
  {
    folder: 'src/config/',
    // The names of fields come from the one table of them.
    mayImport: ['src/lib/', 'src/domain/user/profile-fields.ts'],
    packages: 'all',
  },
  { folder: 'src/lib/', mayImport: [], packages: 'all' },
  {
    folder: 'src/app/',
    mayImport: [...INNER, 'src/infrastructure/', 'src/interfaces/', 'src/config/'],
    packages: 'all',
  },
  {
    folder: 'src/main.ts',
    mayImport: ['src/app/', 'src/config/', 'src/interfaces/cli/'],
    packages: 'all',
  },
  // The client package has no dependency: these are modules of Node.js and optional peers.
  {
    folder: 'packages/client/src/',
    mayImport: [],
    packages: [
      'node:child_process',
      'node:crypto',
      'node:events',
      'node:fs',
      'node:http',
      'node:module',
      'node:net',
      'node:os',
      'node:path',
      '@nats-io/jetstream',
      'express',
      'fastify',
      'hono',
    ],
  },
];

/** Things that only one place may use, since tests replace that place. */
const RESERVED: readonly {
  readonly pattern: RegExp;
  readonly only: readonly string[];
  readonly what: string;
}[] = [
  { pattern: /\bprocess\.env\b/, only: ['src/config/'], what: 'reads the environment' },
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    only: ['src/infrastructure/system/'],
    what: 'reads the clock',
  },
  {
    pattern: /\brandomUUID\(|\bfrom 'uuid'/,
    only: ['src/infrastructure/system/'],
    what: 'makes ids',
  },
];

/** The composition root. */
const CONSTRUCTOR = 'src/app/';
/** Layers that get what they use from the composition root. */
const CONSTRUCTED = ['src/interfaces/', 'src/infrastructure/'];
const USE_CASES = 'src/application/';

const IMPORT =
  /^(?:import|export)\b([^;]*?)from '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gms;

interface Import {
  /** What stands between `import` and `from`; empty without names. */
  readonly clause: string;
  readonly specifier: string;
}

function importsOf(source: string): Import[] {
  return [...source.matchAll(IMPORT)].map((match) => ({
    clause: match[1] ?? '',
    specifier: match[2] ?? match[3] ?? match[4] ?? '',
  }));
}

/** The violations in one source file, each a line that names the rule. */
export function layerViolations(path: string, source: string): string[] {
  const violations: string[] = [];
  for (const { pattern, only, what } of path.startsWith('src/') ? RESERVED : []) {
    if (pattern.test(withoutComments(source)) && !only.some((place) => path.startsWith(place))) {
      violations.push(`${path} ${what}; only ${only.join(' and ')} may`);
    }
  }
  const layer = LAYERS.find(({ folder }) => path.startsWith(folder));
  if (layer === undefined) {
    return [...violations, `${path} lies in no layer; only src/main.ts stands directly below src`];
  }
  for (const imported of importsOf(source)) {
    const { specifier } = imported;
    const violation =
      importViolation(layer, path, specifier) ?? constructionViolation(path, imported);
    if (violation !== null) violations.push(`${path} imports ${specifier}; ${violation}`);
  }
  return violations;
}

function importViolation(layer: Layer, path: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) {
    if (layer.packages === 'all' || layer.packages.includes(specifier)) return null;
    return `${layer.folder} may import the packages ${layer.packages.join(', ') || '(none)'} only`;
  }
  const target = resolveImport(path, specifier);
  if ([layer.folder, ...layer.mayImport].some((place) => target.startsWith(place))) return null;
  return `${layer.folder} may import ${layer.mayImport.join(', ') || 'itself'} only`;
}

/** Only the composition root constructs: adapters of an interface get use cases, and never build one. */
function constructionViolation(path: string, { clause, specifier }: Import): string | null {
  if (!CONSTRUCTED.some((folder) => path.startsWith(folder))) return null;
  if (!resolveImport(path, specifier).startsWith(USE_CASES) || /^\s*type\b/.test(clause))
    return null;
  const factory = clause
    .replace(/[{}]/g, '')
    .split(',')
    .map((name) => name.trim())
    .find((name) => /^create[A-Z]/.test(name));
  if (factory === undefined) return null;
  return `only ${CONSTRUCTOR} calls ${factory.split(' ')[0]}; inject what it creates`;
}

function resolveImport(path: string, specifier: string): string {
  return normalize(join(dirname(path), specifier));
}

/**
 * Import circles among these files, type imports included, each as one line with the files on the way.
 * @param sources source text by path
 */
export function importCircles(sources: ReadonlyMap<string, string>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) circles.push([...way.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    for (const { specifier } of importsOf(sources.get(path) ?? '')) {
      const target = resolveImport(path, specifier);
      if (specifier.startsWith('.') && sources.has(target)) visit(target, [...way, path]);
    }
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return circles.map((circle) => `import circle: ${circle}`);
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

const SOURCE_FOLDERS = ['src', 'packages/client/src'];

/** Checks every source file of the service and of its client, except unit tests. */
export function checkLayers(root: string): string[] {
  const paths = SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ts$/.test(name) && !name.endsWith('.test.ts'))
      .map((name) => join(folder, name)),
  );
  const sources = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  return [
    ...[...sources].flatMap(([path, source]) => layerViolations(path, source)),
    ...importCircles(sources),
  ];
}
