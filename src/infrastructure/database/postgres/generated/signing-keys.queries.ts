/** Types generated for queries found in "queries/signing-keys.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'ListSigningKeys' parameters type */
export type ListSigningKeysParams = void;

/** 'ListSigningKeys' return type */
export interface ListSigningKeysResult {
  algorithm: string;
  created_at: Date;
  encrypted_private_key: Buffer;
  kid: string;
  public_jwk: unknown;
  status: string;
}

const listSigningKeysIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select kid, algorithm, public_jwk, encrypted_private_key, status, created_at\nfrom signing_keys\norder by created_at, kid"};

/**
 * Query generated from SQL:
 * ```
 * select kid, algorithm, public_jwk, encrypted_private_key, status, created_at
 * from signing_keys
 * order by created_at, kid
 * ```
 */
export const listSigningKeys = new PreparedQuery<ListSigningKeysParams,ListSigningKeysResult>(listSigningKeysIR);

/** 'InsertSigningKey' parameters type */
export interface InsertSigningKeyParams {
  algorithm: string;
  encryptedPrivateKey: Uint8Array;
  kid: string;
  publicJwk: string;
}

/** 'InsertSigningKey' return type */
export interface InsertSigningKeyResult {
  kid: string;
}

const insertSigningKeyIR: StatementSource = {"usedParamSet":{"kid":true,"algorithm":true,"publicJwk":true,"encryptedPrivateKey":true},"params":[{"name":"kid","required":true,"transform":{"type":"scalar"},"locs":[{"a":93,"b":97}]},{"name":"algorithm","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":110}]},{"name":"publicJwk","required":true,"transform":{"type":"scalar"},"locs":[{"a":113,"b":123}]},{"name":"encryptedPrivateKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":126,"b":146}]}],"statement":"insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status)\nvalues (:kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'signing')\non conflict (status) where status = 'signing' do nothing\nreturning kid"};

/**
 * Query generated from SQL:
 * ```
 * insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status)
 * values (:kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'signing')
 * on conflict (status) where status = 'signing' do nothing
 * returning kid
 * ```
 */
export const insertSigningKey = new PreparedQuery<InsertSigningKeyParams,InsertSigningKeyResult>(insertSigningKeyIR);
