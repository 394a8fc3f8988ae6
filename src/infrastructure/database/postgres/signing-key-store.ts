import type {
  InsertedSigningKey,
  SigningKeyStore,
  TimedSigningKey,
} from '../../security/signing-key-store.ts';
import type { SqlConnection } from '../sql.ts';
import {
  deleteRetiredSigningKeys,
  deleteSigningKey,
  insertNextSigningKey,
  insertSigningKey,
  type ListSigningKeysResult,
  listSigningKeys,
  markRetiredSigningKeys,
  updateSealedSigningKey,
  updateSigningKey,
} from './generated/signing-keys.queries.ts';

export function createPostgresSigningKeyStore(connection: SqlConnection): SigningKeyStore {
  return {
    async list() {
      return (await listSigningKeys.run(undefined, connection)).map(toStoredKey);
    },
    async insertSigning(key) {
      return (await insertSigningKey.run(toParameters(key), connection)).length === 1;
    },
    async insertNext(key, minAgeMs) {
      const inserted = await insertNextSigningKey.run(
        { ...toParameters(key), minAgeSeconds: minAgeMs / 1_000 },
        connection,
      );
      return inserted.length === 1;
    },
    async activateNext(publishedMs) {
      const [row] = await updateSigningKey.run(
        { publishedSeconds: publishedMs / 1_000 },
        connection,
      );
      if (row === undefined) return null;
      return { kid: row.kid, algorithm: row.algorithm, formerKid: row.former_kid };
    },
    async deleteRetired(retiredMs) {
      await markRetiredSigningKeys.run(undefined, connection);
      const deleted = await deleteRetiredSigningKeys.run(
        { retiredSeconds: retiredMs / 1_000 },
        connection,
      );
      return deleted.map(({ kid }) => kid);
    },
    async delete(kid) {
      return (await deleteSigningKey.run({ kid }, connection)).length === 1;
    },
    async updateSealed(kid, formerPrivateKey, encryptedPrivateKey) {
      const updated = await updateSealedSigningKey.run(
        { kid, formerPrivateKey, encryptedPrivateKey },
        connection,
      );
      return updated.length === 1;
    },
  };
}

function toParameters({ kid, algorithm, publicJwk, encryptedPrivateKey }: InsertedSigningKey) {
  return { kid, algorithm, publicJwk: JSON.stringify(publicJwk), encryptedPrivateKey };
}

function toStoredKey(row: ListSigningKeysResult): TimedSigningKey {
  return {
    kid: row.kid,
    // A name that this build does not know is met where the public key is read.
    algorithm: row.algorithm as TimedSigningKey['algorithm'],
    publicJwk: row.public_jwk as TimedSigningKey['publicJwk'],
    encryptedPrivateKey: row.encrypted_private_key,
    status: row.status as TimedSigningKey['status'],
    createdAt: row.created_at,
    publishedAt: row.published_at,
    activatedAt: row.activated_at,
    retiredAt: row.retired_at,
    ageMs: row.age_ms ?? 0,
  };
}
