import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** What the files of one folder may import. A folder may always import itself; the first folder that fits a path counts. */
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
  { folder: 'src/config/', mayImport: ['src/lib/'], packages: 'all' },
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
];

/** Things that only one place may touch, since a second place would make them untestable. */
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

const IMPORT =
  /^(?:import|export)\b[^;]*?from '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gms;

/** The faults of one source file, each a line that names the rule. */
export function layerFaults(path: string, source: string): string[] {
  const faults: string[] = [];
  for (const { pattern, only, what } of RESERVED) {
    if (pattern.test(withoutComments(source)) && !only.some((place) => path.startsWith(place))) {
      faults.push(`${path} ${what}; only ${only.join(' and ')} may`);
    }
  }
  const layer = LAYERS.find(({ folder }) => path.startsWith(folder));
  if (layer === undefined) {
    return [...faults, `${path} lies in no layer; only src/main.ts stands directly below src`];
  }
  for (const match of source.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    const fault = importFault(layer, path, specifier);
    if (fault !== null) faults.push(`${path} imports ${specifier}; ${fault}`);
  }
  return faults;
}

function importFault(layer: Layer, path: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) {
    if (layer.packages === 'all' || layer.packages.includes(specifier)) return null;
    return `${layer.folder} may import the packages ${layer.packages.join(', ') || '(none)'} only`;
  }
  const target = normalize(join(dirname(path), specifier));
  if ([layer.folder, ...layer.mayImport].some((place) => target.startsWith(place))) return null;
  return `${layer.folder} may import ${layer.mayImport.join(', ') || 'itself'} only`;
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** Checks every source file below `src`, but for unit tests. */
export function checkLayers(root: string): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name) && !name.endsWith('.test.ts'))
    .flatMap((name) => {
      const path = relative(root, join(root, 'src', name));
      return layerFaults(path, readFileSync(join(root, path), 'utf8'));
    });
}
