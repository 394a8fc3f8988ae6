import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { migrationsDirectory } from '../../../src/infrastructure/database/migrations/files.ts';
import {
  createMigrator,
  loadMigrations,
  type Migration,
} from '../../../src/infrastructure/database/migrations/migrator.ts';
import {
  connectForMigration,
  openEmbeddedForMigration,
  type TestMigrationConnection,
} from '../../support/migration-connections.ts';
import { describeCatalogue, dumpSchema } from '../../support/schema-dump.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const migrations = await loadMigrations();

async function migrated(connection: TestMigrationConnection): Promise<string> {
  try {
    await createMigrator({ connection, migrations, log: () => {} }).up();
    return await describeCatalogue(connection);
  } finally {
    await connection.close();
  }
}

describe('the schema at the head', () => {
  test('equals test/schema.sql, which `npx tsx scripts/dump-schema.ts` writes', async () => {
    const { connectionOptions } = await createTestDatabase({ template: 'template0' });
    await migrated(await connectForMigration(connectionOptions));
    const committed = await readFile(new URL('../../schema.sql', import.meta.url), 'utf8');
    expect(await dumpSchema(connectionOptions)).toBe(committed);
  });

  test('is the same on PostgreSQL and the embedded database', { timeout: 120_000 }, async () => {
    const { connectionOptions } = await createTestDatabase({ template: 'template0' });
    const real = await migrated(await connectForMigration(connectionOptions));
    expect(await migrated(await openEmbeddedForMigration())).toBe(real);
    expect(real).toContain('column users.email character varying(254) not null');
  });
});

const sqlOf = (migration: Migration, direction: 'up' | 'down'): string =>
  migration[direction].steps.join('\n').replaceAll(/--.*$/gm, '');

describe.each(migrations.map((migration) => ({ name: migration.name, migration })))(
  'the files of $name',
  ({ migration }) => {
    test('name the loss of a down file that drops a table or a column', () => {
      if (/\bdrop\s+(table|column)\b/i.test(sqlOf(migration, 'down'))) {
        expect(migration.down.losesData).toBeTruthy();
      } else {
        expect(migration.down.losesData).toBeUndefined();
      }
    });

    test.each(['up', 'down'] as const)('use transactions correctly in %s', (direction) => {
      const sql = sqlOf(migration, direction);
      if (migration[direction].transactional) {
        expect(sql).not.toMatch(/\b(commit|rollback|concurrently|vacuum)\b/i);
      }
      for (const step of migration[direction].steps) {
        if (!/\bconcurrently\b/i.test(step.replaceAll(/--.*$/gm, ''))) continue;
        // Two statements in one message are one transaction, in which CONCURRENTLY fails.
        expect(step.replaceAll(/--.*$/gm, '').match(/;/g)).toHaveLength(1);
        expect(step).toMatch(/if (not )?exists/i);
      }
    });

    test('do not lock a table while they change rows', () => {
      const { up } = migration;
      if (!up.transactional) return;
      const sql = sqlOf(migration, 'up');
      expect(/\balter table\b/i.test(sql) && /\b(update|delete from)\s+\w+\s/i.test(sql)).toBe(
        false,
      );
      // Creating a plain index blocks the writers of a table that exists already.
      for (const [, table] of sql.matchAll(/\bcreate\s+(?:unique\s+)?index\s+\w+\s+on\s+(\w+)/gi)) {
        expect(sql).toMatch(new RegExp(`create table ${table}\\b`));
      }
    });
  },
);

test('every file of the directory belongs to a pair', async () => {
  const files = await readdir(migrationsDirectory);
  expect(files).toHaveLength(2 * migrations.length);
});
