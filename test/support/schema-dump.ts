import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SqlConnection } from '../../src/infrastructure/database/sql.ts';
import type { ConnectionOptions } from './postgres-server.ts';
import { findServerBinary } from './server-binaries.ts';

const run = promisify(execFile);

/** The migrator's own tables, which no migration creates. */
const OWN_TABLES = ['schema_migrations', 'schema_migration_history'];

/** The output of `pg_dump --schema-only` without comments, settings and blank lines. */
export async function dumpSchema(connection: ConnectionOptions): Promise<string> {
  const { stdout } = await run(
    findServerBinary('pg_dump'),
    [
      ...['--schema-only', '--no-owner', '--no-privileges', '--no-comments'],
      ...OWN_TABLES.map((table) => `--exclude-table=${table}`),
      ...['-h', connection.host, '-p', String(connection.port), '-U', connection.user],
      connection.database,
    ],
    { env: { PATH: process.env.PATH, PGPASSWORD: connection.password } },
  );
  const lines = stdout
    .split('\n')
    .filter((line) => !/^(--|SET |SELECT pg_catalog\.set_config|\\|\s*$)/.test(line));
  return `${lines.join('\n').replaceAll(/;\n(?=\S)/g, ';\n\n')}\n`;
}

/**
 * The schema from the catalogue: one line for each column, constraint, index and extension, the same for every version
 * of PostgreSQL. Newer versions also list NOT NULL as a constraint; here it belongs to the column.
 */
export async function describeCatalogue(connection: SqlConnection): Promise<string> {
  const own = OWN_TABLES.map((table) => `'${table}'`).join(', ');
  const { rows } = await connection.query<{ line: string }>(`
    with tables as (
      select oid, relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname not in (${own})
    )
    select 'extension ' || extname as line from pg_extension where extname <> 'plpgsql'
    union all
    select 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)
      || case when attnotnull then ' not null' else '' end
      || coalesce(' default ' || pg_get_expr(adbin, adrelid), '')
      || case when attidentity = '' then '' else ' identity ' || attidentity::text end
    from tables join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
    union all
    select 'constraint ' || relname || '.' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
    from tables join pg_constraint on conrelid = tables.oid and contype <> 'n'
    union all
    select 'index ' || pg_get_indexdef(indexrelid) || case when indisvalid then '' else ' invalid' end
    from tables join pg_index on indrelid = tables.oid
    order by line`);
  return rows.map((row) => row.line).join('\n');
}
