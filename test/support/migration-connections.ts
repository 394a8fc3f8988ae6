import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import pg from 'pg';
import type { MigrationConnection } from '../../src/infrastructure/database/sql.ts';
import type { ConnectionOptions } from './postgres-server.ts';

/** A migrator's connection that reports untranslated errors of the driver. */
export interface TestMigrationConnection extends MigrationConnection {
  /** The pid that the server announced; undefined without a server. */
  readonly announcedPid: number | undefined;
}

export async function connectForMigration(
  options: ConnectionOptions,
  applicationName = 'test migrator',
): Promise<TestMigrationConnection> {
  const client = new pg.Client({ ...options, application_name: applicationName });
  client.on('error', () => {}); // after a terminated backend the pending query rejects, too
  await client.connect();
  const { processID } = client as unknown as { processID: number };
  return {
    announcedPid: processID,
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const { rows, rowCount } = await client.query(text, [...values]);
      return { rows: rows as Row[], rowCount: rowCount ?? 0 };
    },
    async execute(script) {
      await client.query(script);
    },
    async close() {
      await client.end().catch(() => {});
    },
  };
}

/** Opens a new embedded database in memory. */
export async function openEmbeddedForMigration(): Promise<TestMigrationConnection> {
  const database = await PGlite.create({ extensions: { pg_trgm } });
  return {
    announcedPid: undefined,
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const { rows, affectedRows } = await database.query<Row>(text, [...values]);
      return { rows, rowCount: affectedRows ?? rows.length };
    },
    async execute(script) {
      await database.exec(script);
    },
    async close() {
      await database.close();
    },
  };
}
