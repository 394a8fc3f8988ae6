import Type from 'typebox';
import { nullableString } from './common.ts';

/** The schema of the database, as its own tables record it, and the process that serves it. */
export const schemaRecordSchema = Type.Object({
  process_id: Type.Integer(),
  version: Type.Integer(),
  dirty: Type.Boolean(),
  history: Type.Array(
    Type.Object({
      version: Type.Integer(),
      name: Type.String(),
      checksum: Type.String(),
      compatible_from: Type.Integer(),
      applied_at: Type.String(),
      adopted: Type.Boolean(),
      unfinished: nullableString(),
      step: Type.Union([Type.Integer(), Type.Null()]),
    }),
  ),
});
