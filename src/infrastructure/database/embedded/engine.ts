import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { PGlite, types } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { parseTime } from '../time-value.ts';

/** Major version of the embedded engine. A data directory of another version cannot be opened. */
export const EMBEDDED_POSTGRES_MAJOR = '18';
/** `pg_control_version` and `catalog_version_no` of the engine, as `pg_controldata` prints them. */
export const EMBEDDED_CONTROL_VERSION = 1800;
export const EMBEDDED_CATALOG_VERSION = 202506291;

export type EngineStorage =
  | { readonly directory: string }
  | {
      readonly memory: true;
      /** A tar or tar.gz of a data directory to start from. Without it an empty cluster is created, which takes seconds. */
      readonly template?: string | URL;
    };

/**
 * One connection, and the files are in the page cache of the system anyway. PGlite's defaults (160 MB of buffers, 100
 * connections) cost 120 MB of memory and half a second of start.
 */
const SETTINGS = {
  shared_buffers: '16MB',
  max_connections: '4',
  max_wal_size: '16MB',
  min_wal_size: '4MB',
};

/**
 * Returns values as node-postgres does: bytes as Buffer, 64-bit integers as strings, times by `parseTime`.
 *
 * A new cluster gets small WAL segments: with PostgreSQL's 16 MB most of a data directory would be empty WAL.
 */
export async function startEngine(storage: EngineStorage): Promise<PGlite> {
  const loadDataDir =
    'memory' in storage && storage.template !== undefined
      ? new Blob([await readFile(storage.template)], { type: archiveType(storage.template) })
      : undefined;
  // V8 compiles hot functions of the engine in the background, by default on all threads at once, which then take the
  // cores from the start itself: on two cores it took 840 ms instead of 600.
  setFlagsFromString('--wasm-num-compilation-tasks=1');
  return await PGlite.create({
    ...('directory' in storage ? { dataDir: storage.directory } : {}),
    ...(loadDataDir === undefined ? {} : { loadDataDir }),
    extensions: { pg_trgm },
    initDbStartParams: ['--wal-segsize=1'],
    startParams: [
      ...PGlite.defaultStartParams,
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    parsers: {
      [types.BYTEA]: (text) => Buffer.from(text.slice(2), 'hex'),
      [types.INT8]: (text) => text,
      [types.TIMESTAMPTZ]: parseTime,
      [types.TIMESTAMP]: parseTime,
    },
  });
}

function archiveType(path: string | URL): string {
  return String(path).endsWith('.gz') ? 'application/x-gzip' : 'application/x-tar';
}
