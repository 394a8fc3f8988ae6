import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Columns of the table `users`, as `test/schema.sql` has them. */
export function usersColumns(): string[] {
  const schema = readFileSync(join(import.meta.dirname, '../schema.sql'), 'utf8');
  const [, body = ''] = /CREATE TABLE public\.users \(\n([\s\S]*?)\n\);/.exec(schema) ?? [];
  return [...body.matchAll(/^ {4}([a-z_]+) /gm)].map(([, column = '']) => column);
}
