import type { SqlConnection } from '../sql.ts';
import { MigrationError } from './error.ts';
import type { Migration } from './files.ts';

const UNTOUCHED =
  'Nothing was changed. Use a database of its own, or a schema of its own in the search_path of the role.';

/**
 * Looks whether `schema_migrations` has the columns of golang-migrate, before it is read.
 * @throws MigrationError `foreign` when it belongs to another tool, such as Rails, dbmate or Ecto.
 */
export async function assertOwnRecord(connection: SqlConnection): Promise<void> {
  const { rows } = await connection.query<{ name: string; type: string; schema: string }>(
    `select a.attname::text as name, format_type(a.atttypid, null) as type, c.relnamespace::regnamespace::text as schema
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     where a.attrelid = to_regclass('schema_migrations') and a.attnum > 0 and not a.attisdropped`,
  );
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  const integer = ['bigint', 'integer'].includes(types.get('version') ?? '');
  if (integer && types.get('dirty') === 'boolean') return;
  const reason = types.has('dirty') ? 'version is no whole number' : 'no column dirty';
  throw new MigrationError(
    'foreign',
    `The table schema_migrations in schema ${rows[0]?.schema ?? 'public'} belongs to another tool (${reason}). ${UNTOUCHED}`,
  );
}

/** The part of a schema's record that is compared with its tables. */
interface RecordState {
  readonly version: number;
  readonly dirty: boolean;
  readonly history: readonly unknown[];
}

interface ExpectedTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Whether a migration that has not been applied creates it. */
  readonly pending: boolean;
}

/**
 * Compares the tables of the database with those of the migrations by the names of their columns. Tables whose
 * migrations this service applied itself are not compared.
 * @param reread reads the record again: a migrator that finishes in between changes both
 * @throws MigrationError `foreign` when a table is another application's or, in a database that another tool migrated,
 * missing; `extension` when the role does not see the extension of the search.
 */
export async function assertOwnTables(
  connection: SqlConnection,
  record: RecordState,
  migrations: readonly Migration[],
  reread: () => Promise<RecordState>,
): Promise<void> {
  if (record.dirty) return;
  const adopting = record.version > 0 && record.history.length === 0;
  const expected = migrations.flatMap((migration) => {
    const pending = migration.version > record.version;
    return pending || adopting ? tablesOf(migration).map((table) => ({ ...table, pending })) : [];
  });
  const error =
    (await findForeignTable(connection, expected, record.version)) ??
    (await findHiddenExtension(connection, record, migrations));
  if (error === undefined) return;
  const now = await reread();
  if (now.version === record.version && now.dirty === record.dirty) throw error;
}

async function findForeignTable(
  connection: SqlConnection,
  expected: readonly ExpectedTable[],
  version: number,
): Promise<MigrationError | undefined> {
  if (expected.length === 0) return undefined;
  const { rows } = await connection.query<{ name: string; columns: string[] | null }>(
    `select t.name, (select array_agg(a.attname::text) from pg_attribute a
       where a.attnum > 0 and not a.attisdropped
         and a.attrelid = to_regclass(case when t.pending then quote_ident(current_schema()) || '.' else '' end || t.name)
     ) as columns
     from unnest($1::text[], $2::boolean[]) as t (name, pending)`,
    [expected.map(({ name }) => name), expected.map(({ pending }) => pending)],
  );
  const found = new Map(rows.map(({ name, columns }) => [name, columns]));
  for (const { name, columns, pending } of expected) {
    const present = found.get(name) ?? null;
    if (present === null && pending) continue;
    if (present === null) {
      return foreign(
        `schema_migrations says version ${version}, but the table ${name} of that version is missing: the record is another application's, or the schema is incomplete.`,
      );
    }
    const missing = columns.find((column) => !present.includes(column));
    if (missing !== undefined) {
      return foreign(`The table ${name} belongs to another application (no column ${missing}).`);
    }
  }
  return undefined;
}

function foreign(what: string): MigrationError {
  return new MigrationError('foreign', `${what} ${UNTOUCHED}`);
}

/** The search index needs pg_trgm; where the role does not see its schema, an early migration would not notice. */
async function findHiddenExtension(
  connection: SqlConnection,
  record: RecordState,
  migrations: readonly Migration[],
): Promise<MigrationError | undefined> {
  const needed = migrations.some(
    ({ version, up }) =>
      version > record.version && up.steps.some((step) => step.includes('gin_trgm_ops')),
  );
  if (!needed) return undefined;
  const { rows } = await connection.query<{ schema: string }>(
    `select n.nspname::text as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'pg_trgm' and n.nspname <> all (current_schemas(true))`,
  );
  const schema = rows[0]?.schema;
  if (schema === undefined) return undefined;
  return new MigrationError(
    'extension',
    `The extension pg_trgm is in the schema ${schema}, which the role does not see. Nothing was changed. Add the schema to its search_path and run \`GRANT USAGE ON SCHEMA ${schema} TO …\`, or let the owner run \`ALTER EXTENSION pg_trgm SET SCHEMA public\`.`,
  );
}

const CREATE_TABLE =
  /^create table (?:if not exists )?(?<name>[a-z_]+) \((?<body>[\s\S]*?)^\)(?: with \([^)]*\))?;/gim;
const COLUMN = /^ {2}(?!constraint |primary |unique |check |foreign )(?<name>[a-z_]+) [a-z]/gm;

/** The tables that a migration creates, with their columns, read from its file. */
function tablesOf(migration: Migration): readonly Omit<ExpectedTable, 'pending'>[] {
  return [...migration.up.steps.join('\n').matchAll(CREATE_TABLE)].map(({ groups }) => ({
    name: groups?.name ?? '',
    columns: [...(groups?.body ?? '').matchAll(COLUMN)].map((column) => column.groups?.name ?? ''),
  }));
}
