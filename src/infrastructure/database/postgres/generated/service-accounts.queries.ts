/** Types generated for queries found in "queries/service-accounts.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'InsertServiceAccount' parameters type */
export interface InsertServiceAccountParams {
  createdAt: Date;
  id: string;
  keyHash: Uint8Array;
  name: string;
  scopes: stringArray;
}

/** 'InsertServiceAccount' return type */
export interface InsertServiceAccountResult {
  id: string;
}

const insertServiceAccountIR: StatementSource = {"usedParamSet":{"id":true,"name":true,"keyHash":true,"scopes":true,"createdAt":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":78,"b":81}]},{"name":"name","required":true,"transform":{"type":"scalar"},"locs":[{"a":84,"b":89}]},{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":92,"b":100}]},{"name":"scopes","required":true,"transform":{"type":"scalar"},"locs":[{"a":103,"b":110}]},{"name":"createdAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":113,"b":123}]}],"statement":"insert into service_accounts (id, name, key_hash, scopes, created_at)\nvalues (:id!, :name!, :keyHash!, :scopes!, :createdAt!)\non conflict (name) where revoked_at is null do nothing\nreturning id"};

/**
 * Query generated from SQL:
 * ```
 * insert into service_accounts (id, name, key_hash, scopes, created_at)
 * values (:id!, :name!, :keyHash!, :scopes!, :createdAt!)
 * on conflict (name) where revoked_at is null do nothing
 * returning id
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
  name: string;
  revoked_at: Date | null;
  scopes: stringArray;
}

const findServiceAccountByKeyHashIR: StatementSource = {"usedParamSet":{"keyHash":true},"params":[{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":87,"b":95}]}],"statement":"select id, name, scopes, created_at, revoked_at\nfrom service_accounts\nwhere key_hash = :keyHash! and revoked_at is null"};

/**
 * Query generated from SQL:
 * ```
 * select id, name, scopes, created_at, revoked_at
 * from service_accounts
 * where key_hash = :keyHash! and revoked_at is null
 * ```
 */
export const findServiceAccountByKeyHash = new PreparedQuery<FindServiceAccountByKeyHashParams,FindServiceAccountByKeyHashResult>(findServiceAccountByKeyHashIR);

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
