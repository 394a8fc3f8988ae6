import { Client } from 'pg';
import type { ConnectionOptions } from './postgres-server.ts';

/** Rows as the driver gives them. */
export type Rows = Record<string, unknown>[];

/** Runs one statement on a connection of its own, which is closed afterwards. */
export async function runStatement(connection: ConnectionOptions, sql: string): Promise<Rows> {
  const client = new Client({ ...connection, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // a killed server: the pending query rejects too
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Makes a database, from `template` where it is given; `connection` must be the superuser's. */
export async function createDatabase(
  connection: ConnectionOptions,
  name: string,
  template?: string,
): Promise<void> {
  const source = template === undefined ? '' : ` template ${plainName(template)}`;
  await runStatement(connection, `create database ${plainName(name)}${source}`);
}

/** Drops a database, if it is there, and ends its connections first. */
export async function dropDatabase(connection: ConnectionOptions, name: string): Promise<void> {
  await runStatement(connection, `drop database if exists ${plainName(name)} with (force)`);
}

/** Names go into the statement as they are: only such as need no quotes. */
function plainName(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new Error(`not a plain name: ${name}`);
  return name;
}
