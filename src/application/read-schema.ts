import type { SchemaRecord } from '../domain/schema-record.ts';
import type { Caller } from './access/caller.ts';
import { requireOperator } from './access/policy.ts';

/** Reads what the database records about its schema. */
export type ReadSchemaRecord = () => Promise<SchemaRecord>;

/** Lets the operator see the schema of an embedded database, which only the service can open. */
export function createReadSchema({ readSchemaRecord }: { readSchemaRecord: ReadSchemaRecord }) {
  /** @throws DomainError `forbidden` unless the caller is the operator. */
  return async (caller: Caller): Promise<SchemaRecord> => {
    requireOperator(caller);
    return await readSchemaRecord();
  };
}
