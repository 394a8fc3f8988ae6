/** Types generated for queries found in "queries/user-audit.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'ListStoredUsers' parameters type */
export interface ListStoredUsersParams {
  fromId: string;
  limit: number;
}

/** 'ListStoredUsers' return type */
export interface ListStoredUsersResult {
  created_at_in_range: boolean | null;
  email: string | null;
  email_verified: boolean | null;
  first_name: string | null;
  id: string;
  last_name: string | null;
  locale: string | null;
  password: string | null;
  phone: string | null;
  status: string | null;
  updated_at_in_range: boolean | null;
  version: number | null;
}

const listStoredUsersIR: StatementSource = {"usedParamSet":{"fromId":true,"limit":true},"params":[{"name":"fromId","required":true,"transform":{"type":"scalar"},"locs":[{"a":501,"b":508}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":528,"b":534}]}],"statement":"select id, first_name as \"first_name?\", last_name as \"last_name?\", email as \"email?\", phone, locale,\n  password as \"password?\", status as \"status?\", version as \"version?\", email_verified as \"email_verified?\",\n  created_at >= timestamptz '0001-01-01 00:00:00+00' and created_at < timestamptz '10000-01-01 00:00:00+00' as \"created_at_in_range?\",\n  updated_at >= timestamptz '0001-01-01 00:00:00+00' and updated_at < timestamptz '10000-01-01 00:00:00+00' as \"updated_at_in_range?\"\nfrom users\nwhere id >= :fromId!\norder by id\nlimit :limit!"};

/**
 * Query generated from SQL:
 * ```
 * select id, first_name as "first_name?", last_name as "last_name?", email as "email?", phone, locale,
 *   password as "password?", status as "status?", version as "version?", email_verified as "email_verified?",
 *   created_at >= timestamptz '0001-01-01 00:00:00+00' and created_at < timestamptz '10000-01-01 00:00:00+00' as "created_at_in_range?",
 *   updated_at >= timestamptz '0001-01-01 00:00:00+00' and updated_at < timestamptz '10000-01-01 00:00:00+00' as "updated_at_in_range?"
 * from users
 * where id >= :fromId!
 * order by id
 * limit :limit!
 * ```
 */
export const listStoredUsers = new PreparedQuery<ListStoredUsersParams,ListStoredUsersResult>(listStoredUsersIR);

/** 'ListAddressHolders' parameters type */
export interface ListAddressHoldersParams {
  emails: stringArray;
  limit: number;
}

/** 'ListAddressHolders' return type */
export interface ListAddressHoldersResult {
  email: string;
  id: string;
}

const listAddressHoldersIR: StatementSource = {"usedParamSet":{"emails":true,"limit":true},"params":[{"name":"emails","required":true,"transform":{"type":"scalar"},"locs":[{"a":46,"b":53}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":70,"b":76}]}],"statement":"select id, email\nfrom users\nwhere email = any(:emails!::text[])\nlimit :limit!"};

/**
 * Query generated from SQL:
 * ```
 * select id, email
 * from users
 * where email = any(:emails!::text[])
 * limit :limit!
 * ```
 */
export const listAddressHolders = new PreparedQuery<ListAddressHoldersParams,ListAddressHoldersResult>(listAddressHoldersIR);
