import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const folder = join(import.meta.dirname, '..', '..', 'packages', 'client');

/** What an entry of the client package may weigh, in bytes of minified code after gzip. */
export const SIZE_BUDGETS: Readonly<Record<string, number>> = {
  '.': 6_144,
  './browser': 4_096,
  './verify': 9_216,
  './fastify': 10_240,
  './express': 2_048,
  './hono': 2_048,
  './http': 2_048,
  './events': 12_288,
  './webhooks': 3_072,
  './testing': 12_288,
};

/** The entries of the client package with their sources: `./verify` and `src/verify.ts`. */
export function clientEntries(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return new Map(
    Object.entries(exports).flatMap(([entry, target]): [string, string][] =>
      typeof target === 'string'
        ? []
        : [[entry, target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')]],
    ),
  );
}

/** Bundles an entry with all that it imports but packages and modules of Node.js. @returns bytes after gzip */
export async function sizeOfEntry(source: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, source)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    external: ['node:*'],
    legalComments: 'none',
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}
