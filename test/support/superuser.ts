import { Client } from 'pg';
import type { ConnectionOptions } from './postgres-server.ts';

export type Rows = Record<string, unknown>[];

/** Runs one statement on a new connection, which is closed afterwards. */
export async function runStatement(connection: ConnectionOptions, sql: string): Promise<Rows> {
  const client = new Client({ ...connection, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // after a killed server the pending query rejects, too
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Creates a database, as a copy of `template` when given. `connection` must be the superuser's. */
export async function createDatabase(
  connection: ConnectionOptions,
  name: string,
  template?: string,
): Promise<void> {
  const source = template === undefined ? '' : ` template ${plainName(template)}`;
  await runStatement(connection, `create database ${plainName(name)}${source}`);
}

/** Ends the connections of a database and drops it, if it exists. */
export async function dropDatabase(connection: ConnectionOptions, name: string): Promise<void> {
  await runStatement(connection, `drop database if exists ${plainName(name)} with (force)`);
}

/** The name is inserted into the statement. @throws Error for a name that needs quotes. */
function plainName(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new Error(`not a plain name: ${name}`);
  return name;
}
