import { execFileSync } from 'node:child_process';
import type { PostgresServer } from '../test/support/postgres-server.ts';
import { findServerBinary } from '../test/support/server-binaries.ts';
import type { Versions } from './report.ts';

/** Versions of the servers of the measurements. */
export async function serverVersions(postgres: PostgresServer): Promise<Versions> {
  const [row] = await postgres.query('show server_version');
  const versionOf = (binary: string): string =>
    /\d+\.\d+\.\d+/.exec(
      execFileSync(findServerBinary(binary), ['--version'], { encoding: 'utf8' }),
    )?.[0] ?? 'unknown';
  return {
    PostgreSQL: String(row?.server_version),
    Redis: versionOf('redis-server'),
    NATS: versionOf('nats-server'),
  };
}
