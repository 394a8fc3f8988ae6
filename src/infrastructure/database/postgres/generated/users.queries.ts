/** Types generated for queries found in "queries/users.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'FindUsersByIds' parameters type */
export interface FindUsersByIdsParams {
  ids: stringArray;
}

/** 'FindUsersByIds' return type */
export interface FindUsersByIdsResult {
  created_at: Date;
  email: string;
  email_verified: boolean;
  first_name: string;
  id: string;
  last_name: string;
  locale: string | null;
  phone: string | null;
  status: string;
  updated_at: Date;
  version: number;
}

const findUsersByIdsIR: StatementSource = {"usedParamSet":{"ids":true},"params":[{"name":"ids","required":true,"transform":{"type":"scalar"},"locs":[{"a":138,"b":142}]}],"statement":"select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at\nfrom users\nwhere id = any(:ids!::uuid[])"};

/**
 * Query generated from SQL:
 * ```
 * select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at
 * from users
 * where id = any(:ids!::uuid[])
 * ```
 */
export const findUsersByIds = new PreparedQuery<FindUsersByIdsParams,FindUsersByIdsResult>(findUsersByIdsIR);

/** 'FindUserByEmail' parameters type */
export interface FindUserByEmailParams {
  email: string;
}

/** 'FindUserByEmail' return type */
export interface FindUserByEmailResult {
  created_at: Date;
  email: string;
  email_verified: boolean;
  first_name: string;
  id: string;
  last_name: string;
  locale: string | null;
  phone: string | null;
  status: string;
  updated_at: Date;
  version: number;
}

const findUserByEmailIR: StatementSource = {"usedParamSet":{"email":true},"params":[{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":137,"b":143}]}],"statement":"select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at\nfrom users\nwhere email = :email!"};

/**
 * Query generated from SQL:
 * ```
 * select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at
 * from users
 * where email = :email!
 * ```
 */
export const findUserByEmail = new PreparedQuery<FindUserByEmailParams,FindUserByEmailResult>(findUserByEmailIR);

/** 'FindCredentials' parameters type */
export interface FindCredentialsParams {
  email: string;
}

/** 'FindCredentials' return type */
export interface FindCredentialsResult {
  disabling_is_over: boolean;
  email_verified: boolean;
  expired_password: string | null;
  id: string;
  password: string;
  password_form: number;
  status: string;
  version: number;
}

const findCredentialsIR: StatementSource = {"usedParamSet":{"email":true},"params":[{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":179,"b":185}]}],"statement":"select id, status, email_verified, version, password, password_form, expired_password,\n  coalesce(disabled_until <= now(), false) as \"disabling_is_over!\"\nfrom users\nwhere email = :email!"};

/**
 * Query generated from SQL:
 * ```
 * select id, status, email_verified, version, password, password_form, expired_password,
 *   coalesce(disabled_until <= now(), false) as "disabling_is_over!"
 * from users
 * where email = :email!
 * ```
 */
export const findCredentials = new PreparedQuery<FindCredentialsParams,FindCredentialsResult>(findCredentialsIR);

/** 'FindCredentialsById' parameters type */
export interface FindCredentialsByIdParams {
  id: string;
}

/** 'FindCredentialsById' return type */
export interface FindCredentialsByIdResult {
  disabling_is_over: boolean;
  email_verified: boolean;
  expired_password: string | null;
  id: string;
  password: string;
  password_form: number;
  status: string;
  version: number;
}

const findCredentialsByIdIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":176,"b":179}]}],"statement":"select id, status, email_verified, version, password, password_form, expired_password,\n  coalesce(disabled_until <= now(), false) as \"disabling_is_over!\"\nfrom users\nwhere id = :id!"};

/**
 * Query generated from SQL:
 * ```
 * select id, status, email_verified, version, password, password_form, expired_password,
 *   coalesce(disabled_until <= now(), false) as "disabling_is_over!"
 * from users
 * where id = :id!
 * ```
 */
export const findCredentialsById = new PreparedQuery<FindCredentialsByIdParams,FindCredentialsByIdResult>(findCredentialsByIdIR);

/** 'LockUser' parameters type */
export interface LockUserParams {
  id: string;
}

/** 'LockUser' return type */
export interface LockUserResult {
  created_at: Date;
  disabled_until: Date | null;
  disabling_is_over: boolean;
  email: string;
  email_verified: boolean;
  expired_password: string | null;
  first_name: string;
  id: string;
  last_name: string;
  locale: string | null;
  password: string;
  password_form: number;
  phone: string | null;
  status: string;
  updated_at: Date;
  version: number;
}

const lockUserIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":263,"b":266}]}],"statement":"select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at,\n  password, password_form, expired_password, disabled_until,\n  coalesce(disabled_until <= now(), false) as \"disabling_is_over!\"\nfrom users\nwhere id = :id!\nfor no key update"};

/**
 * Query generated from SQL:
 * ```
 * select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at,
 *   password, password_form, expired_password, disabled_until,
 *   coalesce(disabled_until <= now(), false) as "disabling_is_over!"
 * from users
 * where id = :id!
 * for no key update
 * ```
 */
export const lockUser = new PreparedQuery<LockUserParams,LockUserResult>(lockUserIR);

/** 'LockUsersBelowVersion' parameters type */
export interface LockUsersBelowVersionParams {
  afterId: string;
  createdBefore: Date;
  limit: number;
  version: number;
}

/** 'LockUsersBelowVersion' return type */
export interface LockUsersBelowVersionResult {
  created_at: Date;
  disabled_until: Date | null;
  disabling_is_over: boolean;
  email: string;
  email_verified: boolean;
  expired_password: string | null;
  first_name: string;
  id: string;
  last_name: string;
  locale: string | null;
  password: string;
  password_form: number;
  phone: string | null;
  status: string;
  updated_at: Date;
  version: number;
}

const lockUsersBelowVersionIR: StatementSource = {"usedParamSet":{"afterId":true,"version":true,"createdBefore":true,"limit":true},"params":[{"name":"afterId","required":true,"transform":{"type":"scalar"},"locs":[{"a":263,"b":271}]},{"name":"version","required":true,"transform":{"type":"scalar"},"locs":[{"a":300,"b":308}]},{"name":"createdBefore","required":true,"transform":{"type":"scalar"},"locs":[{"a":351,"b":365}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":386,"b":392}]}],"statement":"select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at,\n  password, password_form, expired_password, disabled_until,\n  coalesce(disabled_until <= now(), false) as \"disabling_is_over!\"\nfrom users\nwhere id > :afterId! and coalesce(version, 0) < :version! and (created_at is null or created_at <= :createdBefore!)\norder by id\nlimit :limit!\nfor no key update"};

/**
 * Query generated from SQL:
 * ```
 * select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at,
 *   password, password_form, expired_password, disabled_until,
 *   coalesce(disabled_until <= now(), false) as "disabling_is_over!"
 * from users
 * where id > :afterId! and coalesce(version, 0) < :version! and (created_at is null or created_at <= :createdBefore!)
 * order by id
 * limit :limit!
 * for no key update
 * ```
 */
export const lockUsersBelowVersion = new PreparedQuery<LockUsersBelowVersionParams,LockUsersBelowVersionResult>(lockUsersBelowVersionIR);

/** 'UpdateUserVersions' parameters type */
export interface UpdateUserVersionsParams {
  ids: stringArray;
  version: number;
}

/** 'UpdateUserVersions' return type */
export type UpdateUserVersionsResult = void;

const updateUserVersionsIR: StatementSource = {"usedParamSet":{"version":true,"ids":true},"params":[{"name":"version","required":true,"transform":{"type":"scalar"},"locs":[{"a":27,"b":35},{"a":94,"b":102}]},{"name":"ids","required":true,"transform":{"type":"scalar"},"locs":[{"a":52,"b":56}]}],"statement":"update users\nset version = :version!\nwhere id = any(:ids!::uuid[]) and coalesce(version, 0) < :version!"};

/**
 * Query generated from SQL:
 * ```
 * update users
 * set version = :version!
 * where id = any(:ids!::uuid[]) and coalesce(version, 0) < :version!
 * ```
 */
export const updateUserVersions = new PreparedQuery<UpdateUserVersionsParams,UpdateUserVersionsResult>(updateUserVersionsIR);

/** 'ListPublicProfiles' parameters type */
export interface ListPublicProfilesParams {
  ids: stringArray;
}

/** 'ListPublicProfiles' return type */
export interface ListPublicProfilesResult {
  first_name: string;
  id: string;
  last_name: string;
}

const listPublicProfilesIR: StatementSource = {"usedParamSet":{"ids":true},"params":[{"name":"ids","required":true,"transform":{"type":"scalar"},"locs":[{"a":59,"b":63}]}],"statement":"select id, first_name, last_name\nfrom users\nwhere id = any(:ids!::uuid[])"};

/**
 * Query generated from SQL:
 * ```
 * select id, first_name, last_name
 * from users
 * where id = any(:ids!::uuid[])
 * ```
 */
export const listPublicProfiles = new PreparedQuery<ListPublicProfilesParams,ListPublicProfilesResult>(listPublicProfilesIR);

/** 'ListUsers' parameters type */
export interface ListUsersParams {
  afterId: string;
  limit: number;
}

/** 'ListUsers' return type */
export interface ListUsersResult {
  created_at: Date;
  email: string;
  email_verified: boolean;
  first_name: string;
  id: string;
  last_name: string;
  locale: string | null;
  phone: string | null;
  status: string;
  updated_at: Date;
  version: number;
}

const listUsersIR: StatementSource = {"usedParamSet":{"afterId":true,"limit":true},"params":[{"name":"afterId","required":true,"transform":{"type":"scalar"},"locs":[{"a":134,"b":142}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":162,"b":168}]}],"statement":"select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at\nfrom users\nwhere id > :afterId!\norder by id\nlimit :limit!"};

/**
 * Query generated from SQL:
 * ```
 * select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at
 * from users
 * where id > :afterId!
 * order by id
 * limit :limit!
 * ```
 */
export const listUsers = new PreparedQuery<ListUsersParams,ListUsersResult>(listUsersIR);

/** 'InsertUser' parameters type */
export interface InsertUserParams {
  createdAt: Date;
  email: string;
  emailVerified: boolean;
  firstName: string;
  id: string;
  lastName: string;
  locale?: string | null | void;
  password: string;
  passwordForm: number;
  phone?: string | null | void;
  status: string;
  updatedAt: Date;
  version: number;
}

/** 'InsertUser' return type */
export interface InsertUserResult {
  id: string;
}

const insertUserIR: StatementSource = {"usedParamSet":{"id":true,"firstName":true,"lastName":true,"email":true,"phone":true,"locale":true,"password":true,"passwordForm":true,"emailVerified":true,"status":true,"version":true,"createdAt":true,"updatedAt":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":160,"b":163}]},{"name":"firstName","required":true,"transform":{"type":"scalar"},"locs":[{"a":166,"b":176}]},{"name":"lastName","required":true,"transform":{"type":"scalar"},"locs":[{"a":179,"b":188}]},{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":191,"b":197}]},{"name":"phone","required":false,"transform":{"type":"scalar"},"locs":[{"a":200,"b":205}]},{"name":"locale","required":false,"transform":{"type":"scalar"},"locs":[{"a":208,"b":214}]},{"name":"password","required":true,"transform":{"type":"scalar"},"locs":[{"a":217,"b":226}]},{"name":"passwordForm","required":true,"transform":{"type":"scalar"},"locs":[{"a":229,"b":242}]},{"name":"emailVerified","required":true,"transform":{"type":"scalar"},"locs":[{"a":245,"b":259}]},{"name":"status","required":true,"transform":{"type":"scalar"},"locs":[{"a":262,"b":269}]},{"name":"version","required":true,"transform":{"type":"scalar"},"locs":[{"a":272,"b":280}]},{"name":"createdAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":285,"b":295}]},{"name":"updatedAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":298,"b":308}]}],"statement":"insert into users (id, first_name, last_name, email, phone, locale, password, password_form, email_verified, status, version,\n  created_at, updated_at)\nvalues (:id!, :firstName!, :lastName!, :email!, :phone, :locale, :password!, :passwordForm!, :emailVerified!, :status!, :version!,\n  :createdAt!, :updatedAt!)\non conflict (email) do nothing\nreturning id"};

/**
 * Query generated from SQL:
 * ```
 * insert into users (id, first_name, last_name, email, phone, locale, password, password_form, email_verified, status, version,
 *   created_at, updated_at)
 * values (:id!, :firstName!, :lastName!, :email!, :phone, :locale, :password!, :passwordForm!, :emailVerified!, :status!, :version!,
 *   :createdAt!, :updatedAt!)
 * on conflict (email) do nothing
 * returning id
 * ```
 */
export const insertUser = new PreparedQuery<InsertUserParams,InsertUserResult>(insertUserIR);

/** 'UpdateUser' parameters type */
export interface UpdateUserParams {
  disabledUntil?: Date | null | void;
  email: string;
  emailVerified: boolean;
  events: string;
  firstName: string;
  id: string;
  lastName: string;
  locale?: string | null | void;
  phone?: string | null | void;
  status: string;
  updatedAt: Date;
  version: number;
}

/** 'UpdateUser' return type */
export type UpdateUserResult = void;

const updateUserIR: StatementSource = {"usedParamSet":{"firstName":true,"lastName":true,"email":true,"phone":true,"locale":true,"emailVerified":true,"status":true,"disabledUntil":true,"version":true,"updatedAt":true,"id":true,"events":true},"params":[{"name":"firstName","required":true,"transform":{"type":"scalar"},"locs":[{"a":52,"b":62}]},{"name":"lastName","required":true,"transform":{"type":"scalar"},"locs":[{"a":77,"b":86}]},{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":97,"b":103}]},{"name":"phone","required":false,"transform":{"type":"scalar"},"locs":[{"a":114,"b":119}]},{"name":"locale","required":false,"transform":{"type":"scalar"},"locs":[{"a":135,"b":141}]},{"name":"emailVerified","required":true,"transform":{"type":"scalar"},"locs":[{"a":161,"b":175}]},{"name":"status","required":true,"transform":{"type":"scalar"},"locs":[{"a":187,"b":194}]},{"name":"disabledUntil","required":false,"transform":{"type":"scalar"},"locs":[{"a":214,"b":227}]},{"name":"version","required":true,"transform":{"type":"scalar"},"locs":[{"a":244,"b":252},{"a":337,"b":345}]},{"name":"updatedAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":268,"b":278}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":299,"b":302}]},{"name":"events","required":true,"transform":{"type":"scalar"},"locs":[{"a":613,"b":620}]}],"statement":"with updated as (\n  update users\n  set first_name = :firstName!, last_name = :lastName!, email = :email!, phone = :phone,\n    locale = :locale, email_verified = :emailVerified!, status = :status!, disabled_until = :disabledUntil,\n    version = :version!, updated_at = :updatedAt!\n  where users.id = :id! and coalesce(users.version, 0) < :version!\n  returning users.id\n)\ninsert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)\nselect event.id, event.user_id, event.user_version, event.type, event.data, event.request_id, event.occurred_at\nfrom updated, rows from (\n  jsonb_to_recordset(:events!::jsonb) as (\n    id uuid, user_id uuid, user_version integer, type text, data jsonb, request_id text, occurred_at timestamptz\n  )\n) with ordinality as event (id, user_id, user_version, type, data, request_id, occurred_at, number)\norder by event.number"};

/**
 * Query generated from SQL:
 * ```
 * with updated as (
 *   update users
 *   set first_name = :firstName!, last_name = :lastName!, email = :email!, phone = :phone,
 *     locale = :locale, email_verified = :emailVerified!, status = :status!, disabled_until = :disabledUntil,
 *     version = :version!, updated_at = :updatedAt!
 *   where users.id = :id! and coalesce(users.version, 0) < :version!
 *   returning users.id
 * )
 * insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
 * select event.id, event.user_id, event.user_version, event.type, event.data, event.request_id, event.occurred_at
 * from updated, rows from (
 *   jsonb_to_recordset(:events!::jsonb) as (
 *     id uuid, user_id uuid, user_version integer, type text, data jsonb, request_id text, occurred_at timestamptz
 *   )
 * ) with ordinality as event (id, user_id, user_version, type, data, request_id, occurred_at, number)
 * order by event.number
 * ```
 */
export const updateUser = new PreparedQuery<UpdateUserParams,UpdateUserResult>(updateUserIR);

/** 'UpdateUserPassword' parameters type */
export interface UpdateUserPasswordParams {
  expiredPassword?: string | null | void;
  id: string;
  password: string;
  passwordForm: number;
  updatedAt: Date;
  version: number;
}

/** 'UpdateUserPassword' return type */
export type UpdateUserPasswordResult = void;

const updateUserPasswordIR: StatementSource = {"usedParamSet":{"password":true,"passwordForm":true,"expiredPassword":true,"version":true,"updatedAt":true,"id":true},"params":[{"name":"password","required":true,"transform":{"type":"scalar"},"locs":[{"a":28,"b":37}]},{"name":"passwordForm","required":true,"transform":{"type":"scalar"},"locs":[{"a":56,"b":69}]},{"name":"expiredPassword","required":false,"transform":{"type":"scalar"},"locs":[{"a":91,"b":106}]},{"name":"version","required":true,"transform":{"type":"scalar"},"locs":[{"a":119,"b":127},{"a":200,"b":208}]},{"name":"updatedAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":145,"b":155}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":168,"b":171}]}],"statement":"update users\nset password = :password!, password_form = :passwordForm!, expired_password = :expiredPassword, version = :version!,\n  updated_at = :updatedAt!\nwhere id = :id! and coalesce(version, 0) < :version!"};

/**
 * Query generated from SQL:
 * ```
 * update users
 * set password = :password!, password_form = :passwordForm!, expired_password = :expiredPassword, version = :version!,
 *   updated_at = :updatedAt!
 * where id = :id! and coalesce(version, 0) < :version!
 * ```
 */
export const updateUserPassword = new PreparedQuery<UpdateUserPasswordParams,UpdateUserPasswordResult>(updateUserPasswordIR);

/** 'UpdateUserAccess' parameters type */
export interface UpdateUserAccessParams {
  email: string;
  emailVerified: boolean;
  expiredPassword?: string | null | void;
  id: string;
  password: string;
  passwordForm: number;
  updatedAt: Date;
  version: number;
}

/** 'UpdateUserAccess' return type */
export type UpdateUserAccessResult = void;

const updateUserAccessIR: StatementSource = {"usedParamSet":{"email":true,"emailVerified":true,"password":true,"passwordForm":true,"expiredPassword":true,"version":true,"updatedAt":true,"id":true},"params":[{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":25,"b":31}]},{"name":"emailVerified","required":true,"transform":{"type":"scalar"},"locs":[{"a":51,"b":65}]},{"name":"password","required":true,"transform":{"type":"scalar"},"locs":[{"a":79,"b":88}]},{"name":"passwordForm","required":true,"transform":{"type":"scalar"},"locs":[{"a":107,"b":120}]},{"name":"expiredPassword","required":false,"transform":{"type":"scalar"},"locs":[{"a":144,"b":159}]},{"name":"version","required":true,"transform":{"type":"scalar"},"locs":[{"a":172,"b":180},{"a":251,"b":259}]},{"name":"updatedAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":196,"b":206}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":219,"b":222}]}],"statement":"update users\nset email = :email!, email_verified = :emailVerified!, password = :password!, password_form = :passwordForm!,\n  expired_password = :expiredPassword, version = :version!, updated_at = :updatedAt!\nwhere id = :id! and coalesce(version, 0) < :version!"};

/**
 * Query generated from SQL:
 * ```
 * update users
 * set email = :email!, email_verified = :emailVerified!, password = :password!, password_form = :passwordForm!,
 *   expired_password = :expiredPassword, version = :version!, updated_at = :updatedAt!
 * where id = :id! and coalesce(version, 0) < :version!
 * ```
 */
export const updateUserAccess = new PreparedQuery<UpdateUserAccessParams,UpdateUserAccessResult>(updateUserAccessIR);

/** 'UpdateUserPasswordHash' parameters type */
export interface UpdateUserPasswordHashParams {
  fromHash: string;
  id: string;
  passwordForm: number;
  toHash: string;
}

/** 'UpdateUserPasswordHash' return type */
export type UpdateUserPasswordHashResult = void;

const updateUserPasswordHashIR: StatementSource = {"usedParamSet":{"toHash":true,"passwordForm":true,"id":true,"fromHash":true},"params":[{"name":"toHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":28,"b":35}]},{"name":"passwordForm","required":true,"transform":{"type":"scalar"},"locs":[{"a":54,"b":67}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":80,"b":83}]},{"name":"fromHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":109}]}],"statement":"update users\nset password = :toHash!, password_form = :passwordForm!\nwhere id = :id! and password = :fromHash!"};

/**
 * Query generated from SQL:
 * ```
 * update users
 * set password = :toHash!, password_form = :passwordForm!
 * where id = :id! and password = :fromHash!
 * ```
 */
export const updateUserPasswordHash = new PreparedQuery<UpdateUserPasswordHashParams,UpdateUserPasswordHashResult>(updateUserPasswordHashIR);

/** 'DeleteUser' parameters type */
export interface DeleteUserParams {
  id: string;
}

/** 'DeleteUser' return type */
export type DeleteUserResult = void;

const deleteUserIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":29,"b":32}]}],"statement":"delete from users\nwhere id = :id!"};

/**
 * Query generated from SQL:
 * ```
 * delete from users
 * where id = :id!
 * ```
 */
export const deleteUser = new PreparedQuery<DeleteUserParams,DeleteUserResult>(deleteUserIR);

/** 'ListUsersToEnable' parameters type */
export interface ListUsersToEnableParams {
  limit: number;
}

/** 'ListUsersToEnable' return type */
export interface ListUsersToEnableResult {
  id: string;
}

const listUsersToEnableIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":105,"b":111}]}],"statement":"select id\nfrom users\nwhere disabled_until <= now() and status = 'disabled'\norder by disabled_until\nlimit :limit!"};

/**
 * Query generated from SQL:
 * ```
 * select id
 * from users
 * where disabled_until <= now() and status = 'disabled'
 * order by disabled_until
 * limit :limit!
 * ```
 */
export const listUsersToEnable = new PreparedQuery<ListUsersToEnableParams,ListUsersToEnableResult>(listUsersToEnableIR);
