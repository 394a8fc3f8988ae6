/** Types generated for queries found in "queries/service-accounts.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'InsertServiceAccount' parameters type */
export interface InsertServiceAccountParams {
  createdAt: Date;
  id: string;
  keyHash: Uint8Array;
  keyId: string;
  name: string;
  scopes: stringArray;
  ttlMs?: number | null | void;
}

/** 'InsertServiceAccount' return type */
export interface InsertServiceAccountResult {
  created_at: Date;
  expires_at: Date | null;
  id: string;
  last_used_at: Date | null;
}

const insertServiceAccountIR: StatementSource = {"usedParamSet":{"id":true,"name":true,"keyHash":true,"scopes":true,"createdAt":true,"keyId":true,"ttlMs":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":103}]},{"name":"name","required":true,"transform":{"type":"scalar"},"locs":[{"a":106,"b":111}]},{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":114,"b":122}]},{"name":"scopes","required":true,"transform":{"type":"scalar"},"locs":[{"a":125,"b":132}]},{"name":"createdAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":135,"b":145}]},{"name":"keyId","required":true,"transform":{"type":"scalar"},"locs":[{"a":319,"b":325}]},{"name":"ttlMs","required":false,"transform":{"type":"scalar"},"locs":[{"a":356,"b":361}]}],"statement":"with account as (\n  insert into service_accounts (id, name, key_hash, scopes, created_at)\n  values (:id!, :name!, :keyHash!, :scopes!, :createdAt!)\n  on conflict (name) where revoked_at is null do nothing\n  returning id, key_hash\n)\ninsert into service_account_keys (id, service_account_id, key_hash, expires_at)\nselect :keyId!::uuid, id, key_hash, now() + :ttlMs::double precision * interval '1 millisecond'\nfrom account\nreturning id, created_at, expires_at, last_used_at"};

/**
 * Query generated from SQL:
 * ```
 * with account as (
 *   insert into service_accounts (id, name, key_hash, scopes, created_at)
 *   values (:id!, :name!, :keyHash!, :scopes!, :createdAt!)
 *   on conflict (name) where revoked_at is null do nothing
 *   returning id, key_hash
 * )
 * insert into service_account_keys (id, service_account_id, key_hash, expires_at)
 * select :keyId!::uuid, id, key_hash, now() + :ttlMs::double precision * interval '1 millisecond'
 * from account
 * returning id, created_at, expires_at, last_used_at
 * ```
 */
export const insertServiceAccount = new PreparedQuery<InsertServiceAccountParams,InsertServiceAccountResult>(insertServiceAccountIR);

/** 'FindServiceAccountByKeyHash' parameters type */
export interface FindServiceAccountByKeyHashParams {
  keyHash: Uint8Array;
}

/** 'FindServiceAccountByKeyHash' return type */
export interface FindServiceAccountByKeyHashResult {
  created_at: Date;
  id: string;
  key_id: string;
  key_remaining_ms: number | null;
  name: string;
  revoked_at: Date | null;
  scopes: stringArray;
}

const findServiceAccountByKeyHashIR: StatementSource = {"usedParamSet":{"keyHash":true},"params":[{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":287,"b":295}]}],"statement":"select account.id, name, scopes, account.created_at, revoked_at, key.id as key_id,\n  (extract(epoch from expires_at - now()) * 1000)::double precision as key_remaining_ms\nfrom service_account_keys key\njoin service_accounts account on account.id = service_account_id\nwhere key.key_hash = :keyHash! and revoked_at is null and (expires_at is null or expires_at > now())"};

/**
 * Query generated from SQL:
 * ```
 * select account.id, name, scopes, account.created_at, revoked_at, key.id as key_id,
 *   (extract(epoch from expires_at - now()) * 1000)::double precision as key_remaining_ms
 * from service_account_keys key
 * join service_accounts account on account.id = service_account_id
 * where key.key_hash = :keyHash! and revoked_at is null and (expires_at is null or expires_at > now())
 * ```
 */
export const findServiceAccountByKeyHash = new PreparedQuery<FindServiceAccountByKeyHashParams,FindServiceAccountByKeyHashResult>(findServiceAccountByKeyHashIR);

/** 'FindServiceAccountByKeyId' parameters type */
export interface FindServiceAccountByKeyIdParams {
  id: string;
  keyId: string;
}

/** 'FindServiceAccountByKeyId' return type */
export interface FindServiceAccountByKeyIdResult {
  created_at: Date;
  id: string;
  key_id: string;
  key_remaining_ms: number | null;
  name: string;
  revoked_at: Date | null;
  scopes: stringArray;
}

const findServiceAccountByKeyIdIR: StatementSource = {"usedParamSet":{"keyId":true,"id":true},"params":[{"name":"keyId","required":true,"transform":{"type":"scalar"},"locs":[{"a":281,"b":287}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":306,"b":309}]}],"statement":"select account.id, name, scopes, account.created_at, revoked_at, key.id as key_id,\n  (extract(epoch from expires_at - now()) * 1000)::double precision as key_remaining_ms\nfrom service_account_keys key\njoin service_accounts account on account.id = service_account_id\nwhere key.id = :keyId! and account.id = :id! and revoked_at is null and (expires_at is null or expires_at > now())"};

/**
 * Query generated from SQL:
 * ```
 * select account.id, name, scopes, account.created_at, revoked_at, key.id as key_id,
 *   (extract(epoch from expires_at - now()) * 1000)::double precision as key_remaining_ms
 * from service_account_keys key
 * join service_accounts account on account.id = service_account_id
 * where key.id = :keyId! and account.id = :id! and revoked_at is null and (expires_at is null or expires_at > now())
 * ```
 */
export const findServiceAccountByKeyId = new PreparedQuery<FindServiceAccountByKeyIdParams,FindServiceAccountByKeyIdResult>(findServiceAccountByKeyIdIR);

/** 'ListServiceAccounts' parameters type */
export type ListServiceAccountsParams = void;

/** 'ListServiceAccounts' return type */
export interface ListServiceAccountsResult {
  created_at: Date;
  id: string;
  name: string;
  revoked_at: Date | null;
  scopes: stringArray;
}

const listServiceAccountsIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select id, name, scopes, created_at, revoked_at\nfrom service_accounts\norder by created_at desc, id desc\nlimit 1000"};

/**
 * Query generated from SQL:
 * ```
 * select id, name, scopes, created_at, revoked_at
 * from service_accounts
 * order by created_at desc, id desc
 * limit 1000
 * ```
 */
export const listServiceAccounts = new PreparedQuery<ListServiceAccountsParams,ListServiceAccountsResult>(listServiceAccountsIR);

/** 'ListServiceAccountKeys' parameters type */
export interface ListServiceAccountKeysParams {
  accountIds: stringArray;
}

/** 'ListServiceAccountKeys' return type */
export interface ListServiceAccountKeysResult {
  created_at: Date;
  expires_at: Date | null;
  id: string;
  last_used_at: Date | null;
  service_account_id: string | null;
}

const listServiceAccountKeysIR: StatementSource = {"usedParamSet":{"accountIds":true},"params":[{"name":"accountIds","required":true,"transform":{"type":"scalar"},"locs":[{"a":98,"b":109}]}],"statement":"select key.id, account.id as service_account_id, created_at, expires_at, last_used_at\nfrom unnest(:accountIds!::uuid[]) as account (id),\n  lateral (\n    select id, created_at, expires_at, last_used_at\n    from service_account_keys\n    where service_account_id = account.id\n    order by created_at desc, id desc\n    limit 20\n  ) key"};

/**
 * Query generated from SQL:
 * ```
 * select key.id, account.id as service_account_id, created_at, expires_at, last_used_at
 * from unnest(:accountIds!::uuid[]) as account (id),
 *   lateral (
 *     select id, created_at, expires_at, last_used_at
 *     from service_account_keys
 *     where service_account_id = account.id
 *     order by created_at desc, id desc
 *     limit 20
 *   ) key
 * ```
 */
export const listServiceAccountKeys = new PreparedQuery<ListServiceAccountKeysParams,ListServiceAccountKeysResult>(listServiceAccountKeysIR);

/** 'FindServiceAccountForRotation' parameters type */
export interface FindServiceAccountForRotationParams {
  id: string;
}

/** 'FindServiceAccountForRotation' return type */
export interface FindServiceAccountForRotationResult {
  key_hash: Buffer;
  working_keys: number;
}

const findServiceAccountForRotationIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":222,"b":225}]}],"statement":"select key_hash, (\n  select count(*) from service_account_keys\n  where service_account_id = service_accounts.id and (expires_at is null or expires_at > now())\n)::integer as \"working_keys!\"\nfrom service_accounts\nwhere id = :id! and revoked_at is null"};

/**
 * Query generated from SQL:
 * ```
 * select key_hash, (
 *   select count(*) from service_account_keys
 *   where service_account_id = service_accounts.id and (expires_at is null or expires_at > now())
 * )::integer as "working_keys!"
 * from service_accounts
 * where id = :id! and revoked_at is null
 * ```
 */
export const findServiceAccountForRotation = new PreparedQuery<FindServiceAccountForRotationParams,FindServiceAccountForRotationResult>(findServiceAccountForRotationIR);

/** 'UpdateServiceAccountKey' parameters type */
export interface UpdateServiceAccountKeyParams {
  formerHash: Uint8Array;
  id: string;
  keyHash: Uint8Array;
  keyId: string;
  overlapMs: number;
  ttlMs?: number | null | void;
}

/** 'UpdateServiceAccountKey' return type */
export interface UpdateServiceAccountKeyResult {
  created_at: Date;
  expires_at: Date | null;
  id: string;
  last_used_at: Date | null;
}

const updateServiceAccountKeyIR: StatementSource = {"usedParamSet":{"keyHash":true,"id":true,"formerHash":true,"overlapMs":true,"keyId":true,"ttlMs":true},"params":[{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":61,"b":69},{"a":661,"b":669}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":84,"b":87}]},{"name":"formerHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":127,"b":138}]},{"name":"overlapMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":245,"b":255}]},{"name":"keyId","required":true,"transform":{"type":"scalar"},"locs":[{"a":642,"b":648}]},{"name":"ttlMs","required":false,"transform":{"type":"scalar"},"locs":[{"a":680,"b":685}]}],"statement":"with account as (\n  update service_accounts\n  set key_hash = :keyHash!\n  where id = :id! and revoked_at is null and key_hash = :formerHash!\n  returning id\n), ending as (\n  update service_account_keys\n  set expires_at = least(expires_at, now() + :overlapMs!::double precision * interval '1 millisecond')\n  where service_account_id = (select id from account) and (expires_at is null or expires_at > now())\n), removed as (\n  delete from service_account_keys\n  where service_account_id = (select id from account) and expires_at < now() - interval '30 days'\n)\ninsert into service_account_keys (id, service_account_id, key_hash, expires_at)\nselect :keyId!::uuid, id, :keyHash!, now() + :ttlMs::double precision * interval '1 millisecond'\nfrom account\nreturning id, created_at, expires_at, last_used_at"};

/**
 * Query generated from SQL:
 * ```
 * with account as (
 *   update service_accounts
 *   set key_hash = :keyHash!
 *   where id = :id! and revoked_at is null and key_hash = :formerHash!
 *   returning id
 * ), ending as (
 *   update service_account_keys
 *   set expires_at = least(expires_at, now() + :overlapMs!::double precision * interval '1 millisecond')
 *   where service_account_id = (select id from account) and (expires_at is null or expires_at > now())
 * ), removed as (
 *   delete from service_account_keys
 *   where service_account_id = (select id from account) and expires_at < now() - interval '30 days'
 * )
 * insert into service_account_keys (id, service_account_id, key_hash, expires_at)
 * select :keyId!::uuid, id, :keyHash!, now() + :ttlMs::double precision * interval '1 millisecond'
 * from account
 * returning id, created_at, expires_at, last_used_at
 * ```
 */
export const updateServiceAccountKey = new PreparedQuery<UpdateServiceAccountKeyParams,UpdateServiceAccountKeyResult>(updateServiceAccountKeyIR);

/** 'UpdateServiceAccountScopes' parameters type */
export interface UpdateServiceAccountScopesParams {
  id: string;
  scopes: stringArray;
}

/** 'UpdateServiceAccountScopes' return type */
export interface UpdateServiceAccountScopesResult {
  created_at: Date;
  id: string;
  name: string;
  revoked_at: Date | null;
  scopes: stringArray;
}

const updateServiceAccountScopesIR: StatementSource = {"usedParamSet":{"scopes":true,"id":true},"params":[{"name":"scopes","required":true,"transform":{"type":"scalar"},"locs":[{"a":37,"b":44}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":57,"b":60}]}],"statement":"update service_accounts\nset scopes = :scopes!\nwhere id = :id! and revoked_at is null\nreturning id, name, scopes, created_at, revoked_at"};

/**
 * Query generated from SQL:
 * ```
 * update service_accounts
 * set scopes = :scopes!
 * where id = :id! and revoked_at is null
 * returning id, name, scopes, created_at, revoked_at
 * ```
 */
export const updateServiceAccountScopes = new PreparedQuery<UpdateServiceAccountScopesParams,UpdateServiceAccountScopesResult>(updateServiceAccountScopesIR);

/** 'MarkServiceKeysUsed' parameters type */
export interface MarkServiceKeysUsedParams {
  ids: stringArray;
}

/** 'MarkServiceKeysUsed' return type */
export type MarkServiceKeysUsedResult = void;

const markServiceKeysUsedIR: StatementSource = {"usedParamSet":{"ids":true},"params":[{"name":"ids","required":true,"transform":{"type":"scalar"},"locs":[{"a":68,"b":72}]}],"statement":"update service_account_keys\nset last_used_at = now()\nwhere id = any(:ids!::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')"};

/**
 * Query generated from SQL:
 * ```
 * update service_account_keys
 * set last_used_at = now()
 * where id = any(:ids!::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')
 * ```
 */
export const markServiceKeysUsed = new PreparedQuery<MarkServiceKeysUsedParams,MarkServiceKeysUsedResult>(markServiceKeysUsedIR);

/** 'RevokeServiceAccount' parameters type */
export interface RevokeServiceAccountParams {
  id: string;
}

/** 'RevokeServiceAccount' return type */
export type RevokeServiceAccountResult = void;

const revokeServiceAccountIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":58,"b":61}]}],"statement":"update service_accounts\nset revoked_at = now()\nwhere id = :id! and revoked_at is null"};

/**
 * Query generated from SQL:
 * ```
 * update service_accounts
 * set revoked_at = now()
 * where id = :id! and revoked_at is null
 * ```
 */
export const revokeServiceAccount = new PreparedQuery<RevokeServiceAccountParams,RevokeServiceAccountResult>(revokeServiceAccountIR);
