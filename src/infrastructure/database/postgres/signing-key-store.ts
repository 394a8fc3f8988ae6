import type { SigningKeyStore, StoredSigningKey } from '../../security/signing-key-store.ts';
import type { SqlConnection } from '../sql.ts';
import {
  insertSigningKey,
  type ListSigningKeysResult,
  listSigningKeys,
} from './generated/signing-keys.queries.ts';

export function createPostgresSigningKeyStore(connection: SqlConnection): SigningKeyStore {
  return {
    async list() {
      return (await listSigningKeys.run(undefined, connection)).map(toStoredKey);
    },
    async insertSigning({ kid, algorithm, publicJwk, encryptedPrivateKey }) {
      const inserted = await insertSigningKey.run(
        { kid, algorithm, publicJwk: JSON.stringify(publicJwk), encryptedPrivateKey },
        connection,
      );
      return inserted.length === 1;
    },
  };
}

function toStoredKey(row: ListSigningKeysResult): StoredSigningKey {
  return {
    kid: row.kid,
    algorithm: row.algorithm as StoredSigningKey['algorithm'],
    publicJwk: row.public_jwk as StoredSigningKey['publicJwk'],
    encryptedPrivateKey: row.encrypted_private_key,
    status: row.status as StoredSigningKey['status'],
    createdAt: row.created_at,
  };
}
