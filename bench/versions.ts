import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresServer } from '../test/support/postgres-server.ts';
import { findServerBinary } from '../test/support/server-binaries.ts';

/** Versions of the runtime, the libraries and the servers, by name. */
export type Versions = Readonly<Record<string, string>>;

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

/** Versions of Node.js and of the libraries that floor and service share. */
export function libraryVersions(): Versions {
  const version = (name: string): string => {
    const path = join(import.meta.dirname, '..', 'node_modules', name, 'package.json');
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  };
  return {
    'Node.js': process.versions.node,
    ...Object.fromEntries(
      ['fastify', 'pg', 'ioredis', '@nats-io/jetstream', '@node-rs/argon2', 'autocannon'].map(
        (name) => [name, version(name)],
      ),
    ),
  };
}
