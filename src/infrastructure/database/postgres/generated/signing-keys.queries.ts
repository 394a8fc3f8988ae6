/** Types generated for queries found in "queries/signing-keys.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'ListSigningKeys' parameters type */
export type ListSigningKeysParams = void;

/** 'ListSigningKeys' return type */
export interface ListSigningKeysResult {
  activated_at: Date | null;
  age_ms: number | null;
  algorithm: string;
  created_at: Date;
  encrypted_private_key: Buffer;
  kid: string;
  public_jwk: unknown;
  published_at: Date | null;
  retired_at: Date | null;
  status: string;
}

const listSigningKeysIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select kid, algorithm, public_jwk, encrypted_private_key, status, created_at, published_at, activated_at, retired_at,\n  (extract(epoch from now() - coalesce(retired_at, activated_at, published_at, created_at)) * 1000)::double precision\n    as age_ms\nfrom signing_keys\norder by created_at, kid"};

/**
 * Query generated from SQL:
 * ```
 * select kid, algorithm, public_jwk, encrypted_private_key, status, created_at, published_at, activated_at, retired_at,
 *   (extract(epoch from now() - coalesce(retired_at, activated_at, published_at, created_at)) * 1000)::double precision
 *     as age_ms
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

const insertSigningKeyIR: StatementSource = {"usedParamSet":{"kid":true,"algorithm":true,"publicJwk":true,"encryptedPrivateKey":true},"params":[{"name":"kid","required":true,"transform":{"type":"scalar"},"locs":[{"a":121,"b":125}]},{"name":"algorithm","required":true,"transform":{"type":"scalar"},"locs":[{"a":128,"b":138}]},{"name":"publicJwk","required":true,"transform":{"type":"scalar"},"locs":[{"a":141,"b":151}]},{"name":"encryptedPrivateKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":154,"b":174}]}],"statement":"insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status, published_at, activated_at)\nvalues (:kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'signing', now(), now())\non conflict (status) where status = 'signing' do nothing\nreturning kid"};

/**
 * Query generated from SQL:
 * ```
 * insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status, published_at, activated_at)
 * values (:kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'signing', now(), now())
 * on conflict (status) where status = 'signing' do nothing
 * returning kid
 * ```
 */
export const insertSigningKey = new PreparedQuery<InsertSigningKeyParams,InsertSigningKeyResult>(insertSigningKeyIR);

/** 'InsertNextSigningKey' parameters type */
export interface InsertNextSigningKeyParams {
  algorithm: string;
  encryptedPrivateKey: Uint8Array;
  kid: string;
  minAgeSeconds: number;
  publicJwk: string;
}

/** 'InsertNextSigningKey' return type */
export interface InsertNextSigningKeyResult {
  kid: string;
}

const insertNextSigningKeyIR: StatementSource = {"usedParamSet":{"kid":true,"algorithm":true,"publicJwk":true,"encryptedPrivateKey":true,"minAgeSeconds":true},"params":[{"name":"kid","required":true,"transform":{"type":"scalar"},"locs":[{"a":106,"b":110}]},{"name":"algorithm","required":true,"transform":{"type":"scalar"},"locs":[{"a":113,"b":123}]},{"name":"publicJwk","required":true,"transform":{"type":"scalar"},"locs":[{"a":126,"b":136}]},{"name":"encryptedPrivateKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":139,"b":159}]},{"name":"minAgeSeconds","required":true,"transform":{"type":"scalar"},"locs":[{"a":328,"b":342}]}],"statement":"insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status, published_at)\nselect :kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'verifying', now()\nwhere exists (\n  select 1 from signing_keys\n  where status = 'signing'\n    and coalesce(activated_at, created_at) <= now() - make_interval(secs => :minAgeSeconds!)\n)\non conflict ((true)) where status = 'verifying' and published_at is not null and activated_at is null do nothing\nreturning kid"};

/**
 * Query generated from SQL:
 * ```
 * insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status, published_at)
 * select :kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'verifying', now()
 * where exists (
 *   select 1 from signing_keys
 *   where status = 'signing'
 *     and coalesce(activated_at, created_at) <= now() - make_interval(secs => :minAgeSeconds!)
 * )
 * on conflict ((true)) where status = 'verifying' and published_at is not null and activated_at is null do nothing
 * returning kid
 * ```
 */
export const insertNextSigningKey = new PreparedQuery<InsertNextSigningKeyParams,InsertNextSigningKeyResult>(insertNextSigningKeyIR);

/** 'UpdateSigningKey' parameters type */
export interface UpdateSigningKeyParams {
  publishedSeconds: number;
}

/** 'UpdateSigningKey' return type */
export interface UpdateSigningKeyResult {
  algorithm: string;
  former_kid: string;
  kid: string;
}

const updateSigningKeyIR: StatementSource = {"usedParamSet":{"publishedSeconds":true},"params":[{"name":"publishedSeconds","required":true,"transform":{"type":"scalar"},"locs":[{"a":183,"b":200}]}],"statement":"with next as (\n  select kid from signing_keys\n  where status = 'verifying' and published_at is not null and activated_at is null\n    and published_at <= now() - make_interval(secs => :publishedSeconds!)\n  for update\n), former as (\n  update signing_keys set status = 'verifying', retired_at = now()\n  where status = 'signing' and exists (select 1 from next)\n  returning kid\n)\nupdate signing_keys set status = 'signing', activated_at = now()\nfrom next, former\nwhere signing_keys.kid = next.kid\nreturning signing_keys.kid, signing_keys.algorithm, former.kid as former_kid"};

/**
 * Query generated from SQL:
 * ```
 * with next as (
 *   select kid from signing_keys
 *   where status = 'verifying' and published_at is not null and activated_at is null
 *     and published_at <= now() - make_interval(secs => :publishedSeconds!)
 *   for update
 * ), former as (
 *   update signing_keys set status = 'verifying', retired_at = now()
 *   where status = 'signing' and exists (select 1 from next)
 *   returning kid
 * )
 * update signing_keys set status = 'signing', activated_at = now()
 * from next, former
 * where signing_keys.kid = next.kid
 * returning signing_keys.kid, signing_keys.algorithm, former.kid as former_kid
 * ```
 */
export const updateSigningKey = new PreparedQuery<UpdateSigningKeyParams,UpdateSigningKeyResult>(updateSigningKeyIR);

/** 'MarkRetiredSigningKeys' parameters type */
export type MarkRetiredSigningKeysParams = void;

/** 'MarkRetiredSigningKeys' return type */
export type MarkRetiredSigningKeysResult = void;

const markRetiredSigningKeysIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"update signing_keys set retired_at = now()\nwhere status = 'verifying' and retired_at is null and not (published_at is not null and activated_at is null)"};

/**
 * Query generated from SQL:
 * ```
 * update signing_keys set retired_at = now()
 * where status = 'verifying' and retired_at is null and not (published_at is not null and activated_at is null)
 * ```
 */
export const markRetiredSigningKeys = new PreparedQuery<MarkRetiredSigningKeysParams,MarkRetiredSigningKeysResult>(markRetiredSigningKeysIR);

/** 'DeleteRetiredSigningKeys' parameters type */
export interface DeleteRetiredSigningKeysParams {
  retiredSeconds: number;
}

/** 'DeleteRetiredSigningKeys' return type */
export interface DeleteRetiredSigningKeysResult {
  kid: string;
}

const deleteRetiredSigningKeysIR: StatementSource = {"usedParamSet":{"retiredSeconds":true},"params":[{"name":"retiredSeconds","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":115}]}],"statement":"delete from signing_keys\nwhere status = 'verifying' and retired_at <= now() - make_interval(secs => :retiredSeconds!)\nreturning kid"};

/**
 * Query generated from SQL:
 * ```
 * delete from signing_keys
 * where status = 'verifying' and retired_at <= now() - make_interval(secs => :retiredSeconds!)
 * returning kid
 * ```
 */
export const deleteRetiredSigningKeys = new PreparedQuery<DeleteRetiredSigningKeysParams,DeleteRetiredSigningKeysResult>(deleteRetiredSigningKeysIR);

/** 'DeleteSigningKey' parameters type */
export interface DeleteSigningKeyParams {
  kid: string;
}

/** 'DeleteSigningKey' return type */
export interface DeleteSigningKeyResult {
  kid: string;
}

const deleteSigningKeyIR: StatementSource = {"usedParamSet":{"kid":true},"params":[{"name":"kid","required":true,"transform":{"type":"scalar"},"locs":[{"a":37,"b":41}]}],"statement":"delete from signing_keys where kid = :kid! and status = 'verifying' returning kid"};

/**
 * Query generated from SQL:
 * ```
 * delete from signing_keys where kid = :kid! and status = 'verifying' returning kid
 * ```
 */
export const deleteSigningKey = new PreparedQuery<DeleteSigningKeyParams,DeleteSigningKeyResult>(deleteSigningKeyIR);

/** 'UpdateSealedSigningKey' parameters type */
export interface UpdateSealedSigningKeyParams {
  encryptedPrivateKey: Uint8Array;
  formerPrivateKey: Uint8Array;
  kid: string;
}

/** 'UpdateSealedSigningKey' return type */
export interface UpdateSealedSigningKeyResult {
  kid: string;
}

const updateSealedSigningKeyIR: StatementSource = {"usedParamSet":{"encryptedPrivateKey":true,"kid":true,"formerPrivateKey":true},"params":[{"name":"encryptedPrivateKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":48,"b":68}]},{"name":"kid","required":true,"transform":{"type":"scalar"},"locs":[{"a":82,"b":86}]},{"name":"formerPrivateKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":116,"b":133}]}],"statement":"update signing_keys set encrypted_private_key = :encryptedPrivateKey!\nwhere kid = :kid! and encrypted_private_key = :formerPrivateKey!\nreturning kid"};

/**
 * Query generated from SQL:
 * ```
 * update signing_keys set encrypted_private_key = :encryptedPrivateKey!
 * where kid = :kid! and encrypted_private_key = :formerPrivateKey!
 * returning kid
 * ```
 */
export const updateSealedSigningKey = new PreparedQuery<UpdateSealedSigningKeyParams,UpdateSealedSigningKeyResult>(updateSealedSigningKeyIR);
