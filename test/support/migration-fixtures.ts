import {
  type Migration,
  parseMigrations,
} from '../../src/infrastructure/database/migrations/files.ts';
import type { SqlConnection } from '../../src/infrastructure/database/sql.ts';

/** Scripts of an invented migration. By default `down` does nothing. */
export interface ScriptPair {
  readonly up: string;
  readonly down?: string;
}

/** Appends migrations, numbered after the last existing one. The scripts must contain `compatible_from`. */
export function continueMigrations(
  existing: readonly Migration[],
  pairs: readonly ScriptPair[],
): readonly Migration[] {
  const first = existing.length;
  const made = parseMigrations(
    Array.from({ length: first + pairs.length }, (_, index) => {
      const stem = `${String(index + 1).padStart(6, '0')}_made_up`;
      const pair = pairs[index - first] ?? { up: '-- compatible_from: 1\nselect 1;' };
      return [
        { name: `${stem}.up.sql`, text: pair.up },
        { name: `${stem}.down.sql`, text: pair.down ?? 'select 1;' },
      ];
    }).flat(),
  );
  return [...existing, ...made.slice(first)];
}

/** The state that golang-migrate leaves at version 2: its own table, and no history. */
export const golangMigrateAtVersion2 = `
create table schema_migrations (version bigint not null primary key, dirty boolean not null);
insert into schema_migrations values (2, false);`;

/** A user as the first schema could store it. */
export interface OriginUser {
  readonly id: string;
  readonly email: string;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

/** Edge cases: missing times, upper and lower case, the first and the last id. */
export const originUsers: readonly OriginUser[] = [
  originUser('00000000-0000-0000-0000-000000000000', 'First.Id@Example.com', null, null),
  originUser(
    '11111111-1111-4111-8111-111111111111',
    'MiXeD+Tag@EXAMPLE.org',
    '2024-02-29 23:59:59.5',
    null,
  ),
  originUser(
    '22222222-2222-4222-8222-222222222222',
    'plain@example.net',
    null,
    '2023-06-01 00:00:00',
  ),
  originUser(
    '33333333-3333-4333-8333-333333333333',
    `${'x'.repeat(60)}@${'y'.repeat(35)}.de`,
    '2021-01-01 12:00:00',
    '2022-01-01 12:00:00',
  ),
  originUser('ffffffff-ffff-ffff-ffff-ffffffffffff', 'INFO@LAST-ID.EXAMPLE', null, null),
];

function originUser(
  id: string,
  email: string,
  createdAt: string | null,
  updatedAt: string | null,
): OriginUser {
  return { id, email, createdAt, updatedAt };
}

/** Inserts users into the schema of version 2. */
export async function insertOriginUsers(
  connection: SqlConnection,
  users: readonly OriginUser[] = originUsers,
): Promise<void> {
  for (const { id, email, createdAt, updatedAt } of users) {
    await connection.query(
      `insert into users (id, first_name, last_name, email, phone, password, created_at, updated_at)
       values ($1, 'Łucja', 'O’Brien', $2, '+49 (0)30 123', '$2a$10$old', $3::timestamp, $4::timestamp)`,
      [id, email, createdAt, updatedAt],
    );
  }
}
