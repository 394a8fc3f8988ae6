import type { MasterKeyUses } from '../../../domain/signing-key/master-key-uses.ts';
import type { DerivedKeys } from '../../security/master-key.ts';
import type { SqlConnection } from '../sql.ts';
import { findMasterKeyUse, insertMasterKeyUse } from './generated/sealed-rows.queries.ts';

/** @param fingerprints derived from the master keys, and used for nothing else */
export function createPostgresMasterKeyUses(
  connection: SqlConnection,
  fingerprints: DerivedKeys,
): MasterKeyUses {
  const { current } = fingerprints;
  const [, previous] = fingerprints.accepted;
  const record = async (fingerprint: Uint8Array | undefined): Promise<void> => {
    if (fingerprint !== undefined) await insertMasterKeyUse.run({ fingerprint }, connection);
  };
  return {
    hasPrevious: previous !== undefined,
    recordCurrent: () => record(current),
    recordPrevious: () => record(previous),
    async findPrevious() {
      if (previous === undefined) return null;
      const [row] = await findMasterKeyUse.run({ fingerprint: previous }, connection);
      return row === undefined ? null : { lastUsedAt: row.last_used_at, ageMs: row.age_ms };
    },
  };
}
