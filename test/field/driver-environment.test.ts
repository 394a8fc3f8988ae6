import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPostgresMigrationConnection } from '../../src/infrastructure/database/postgres/client.ts';
import { createSilentLogger } from '../support/logger.ts';
import { connectPostgres, postgresSettings } from '../support/postgres-database.ts';
import type { ConnectionOptions } from '../support/postgres-server.ts';
import { runStatement } from '../support/superuser.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';
import { createTestDatabase } from '../support/test-database.ts';

/** What a shell may have set for psql, each with a value that breaks or redirects a connection. */
const LEAKS: Readonly<Record<string, string>> = {
  PGOPTIONS: '-c search_path=other,public',
  PGREPLICATION: 'database',
  PGSSLNEGOTIATION: 'direct',
  PGAPPNAME: 'psql',
  PGCLIENT_ENCODING: 'latin1',
  PGHOST: 'db.invalid',
  PGPORT: '1',
  PGUSER: 'nobody',
  PGPASSWORD: 'wrong',
  PGDATABASE: 'other',
  PGSSLMODE: 'require',
  PGCONNECT_TIMEOUT: '1',
  PGBINARY: 'true',
};

const replaced = new Map<string, string | undefined>();

function setVariable(name: string, value: string): void {
  if (!replaced.has(name)) replaced.set(name, process.env[name]);
  process.env[name] = value;
}

afterEach(() => {
  for (const [name, value] of replaced) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  replaced.clear();
});

const QUESTION = `select current_schema() as schema, current_database() as database,
  current_setting('application_name') as name, current_setting('client_encoding') as encoding, 'é' as letter`;

describe('variables of the PostgreSQL client in the environment', () => {
  let connection: ConnectionOptions;
  beforeAll(async () => {
    connection = (await createTestDatabase()).connectionOptions;
    await runStatement(connection, 'create schema other');
  });

  const expected = (name: string) => ({
    schema: 'public',
    database: connection.database,
    name,
    encoding: 'UTF8',
    letter: 'é',
  });

  for (const [name, value] of Object.entries(LEAKS)) {
    it(`does not let ${name} change the connections of the service`, async () => {
      setVariable(name, value);
      const database = await connectPostgres(connection);
      expect((await database.query(QUESTION, [])).rows).toEqual([expected('user-service')]);
    });

    it(`does not let ${name} change the connection of the migrator`, async () => {
      setVariable(name, value);
      const settings = postgresSettings(connection);
      const migrator = await openPostgresMigrationConnection(settings, createSilentLogger());
      const { rows } = await migrator.query(QUESTION);
      await migrator.close();
      expect(rows).toEqual([expected('user-service migrate')]);
    });
  }

  it('sends no password of the environment or of a file when none is configured', async () => {
    const folder = createTemporaryDirectory('pgpass');
    const file = join(folder.path, 'pgpass');
    writeFileSync(file, `*:*:*:*:${connection.password}\n`, { mode: 0o600 });
    setVariable('PGPASSFILE', file);
    setVariable('PGPASSWORD', connection.password);
    // An empty password cannot be sent, so the driver or the server refuses it.
    await expect(connectPostgres({ ...connection, password: '' })).rejects.toThrow(/password/);
    await folder.remove();
  });
});
