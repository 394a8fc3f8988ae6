import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createPostgresSealedRows } from '../../../src/infrastructure/database/postgres/sealed-rows.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { createTestDatabase } from '../../support/test-database.ts';

async function connectAs(connection: ConnectionOptions, name: string): Promise<number> {
  const client = new Client({ ...connection, application_name: name });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end());
  const { rows } = await client.query('select pg_backend_pid() as pid');
  return rows[0].pid;
}

test.each([
  ['a short name', 'keys reset: shop'],
  ['a name that the server cuts', `keys reset: ${'shop'.repeat(20)}`],
  ['a name that the server rewrites', 'keys reset: Bücher'],
  ['a name that the server cuts and rewrites', `keys reset: ${'ü'.repeat(40)}`],
])('%s of own connections is told from the names of others', async (_case, ownName) => {
  const { connectionOptions } = await createTestDatabase();
  const database = await connectPostgres(connectionOptions, { applicationName: ownName });
  const sealedRows = createPostgresSealedRows(database, ownName);
  await connectAs(connectionOptions, ownName);
  await connectAs(connectionOptions, `${ownName} monitoring`);
  await connectAs(connectionOptions, `${ownName} migrate`);
  expect(await sealedRows.listOtherConnections()).toEqual([]);

  const others = [
    await connectAs(connectionOptions, 'shop'),
    await connectAs(connectionOptions, ''),
    await connectAs(connectionOptions, `-${ownName}`),
    ...(ownName.length < 50 ? [await connectAs(connectionOptions, `${ownName} 2`)] : []),
  ];
  const listed = await sealedRows.listOtherConnections();
  expect(listed.map(({ pid }) => pid)).toEqual(others.sort((a, b) => a - b));
  // The name of the connection that asked is what it was.
  const { rows } = await database.query(
    "select pid from pg_stat_activity where application_name like 'keys reset:%' and pid = pg_backend_pid()",
  );
  expect(rows).toHaveLength(1);
});
