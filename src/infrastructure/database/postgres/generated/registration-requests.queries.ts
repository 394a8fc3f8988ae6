/** Types generated for queries found in "queries/registration-requests.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'InsertRegistrationRequest' parameters type */
export interface InsertRegistrationRequestParams {
  email: string;
  firstName: string;
  id: string;
  lastName: string;
  locale?: string | null | void;
  maxWaiting: number;
  password: string;
  passwordForm: number;
  phone?: string | null | void;
  ttlMs: number;
}

/** 'InsertRegistrationRequest' return type */
export interface InsertRegistrationRequestResult {
  id: string;
}

const insertRegistrationRequestIR: StatementSource = {"usedParamSet":{"id":true,"firstName":true,"lastName":true,"email":true,"phone":true,"locale":true,"password":true,"passwordForm":true,"ttlMs":true,"maxWaiting":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":128,"b":131}]},{"name":"firstName","required":true,"transform":{"type":"scalar"},"locs":[{"a":140,"b":150}]},{"name":"lastName","required":true,"transform":{"type":"scalar"},"locs":[{"a":153,"b":162}]},{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":165,"b":171}]},{"name":"phone","required":false,"transform":{"type":"scalar"},"locs":[{"a":174,"b":179}]},{"name":"locale","required":false,"transform":{"type":"scalar"},"locs":[{"a":182,"b":188}]},{"name":"password","required":true,"transform":{"type":"scalar"},"locs":[{"a":191,"b":200}]},{"name":"passwordForm","required":true,"transform":{"type":"scalar"},"locs":[{"a":203,"b":216}]},{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":251,"b":257}]},{"name":"maxWaiting","required":true,"transform":{"type":"scalar"},"locs":[{"a":373,"b":384},{"a":409,"b":420}]}],"statement":"insert into registration_requests (id, first_name, last_name, email, phone, locale, password, password_form, expires_at)\nselect :id!::uuid, :firstName!, :lastName!, :email!, :phone, :locale, :password!, :passwordForm!::smallint,\n  clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond'\nwhere (select count(*) from (select from registration_requests limit :maxWaiting!::bigint) as waiting) < :maxWaiting!::bigint\nreturning id"};

/**
 * Query generated from SQL:
 * ```
 * insert into registration_requests (id, first_name, last_name, email, phone, locale, password, password_form, expires_at)
 * select :id!::uuid, :firstName!, :lastName!, :email!, :phone, :locale, :password!, :passwordForm!::smallint,
 *   clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond'
 * where (select count(*) from (select from registration_requests limit :maxWaiting!::bigint) as waiting) < :maxWaiting!::bigint
 * returning id
 * ```
 */
export const insertRegistrationRequest = new PreparedQuery<InsertRegistrationRequestParams,InsertRegistrationRequestResult>(insertRegistrationRequestIR);

/** 'LockRegistrationRequest' parameters type */
export interface LockRegistrationRequestParams {
  skipped: number;
}

/** 'LockRegistrationRequest' return type */
export interface LockRegistrationRequestResult {
  email: string;
  first_name: string;
  id: string;
  last_name: string;
  locale: string | null;
  password: string;
  password_form: number;
  phone: string | null;
}

const lockRegistrationRequestIR: StatementSource = {"usedParamSet":{"skipped":true},"params":[{"name":"skipped","required":true,"transform":{"type":"scalar"},"locs":[{"a":171,"b":179}]}],"statement":"select id, first_name, last_name, email, phone, locale, password, password_form\nfrom registration_requests\nwhere expires_at > clock_timestamp()\norder by created_at\noffset :skipped!::bigint\nlimit 1\nfor update skip locked"};

/**
 * Query generated from SQL:
 * ```
 * select id, first_name, last_name, email, phone, locale, password, password_form
 * from registration_requests
 * where expires_at > clock_timestamp()
 * order by created_at
 * offset :skipped!::bigint
 * limit 1
 * for update skip locked
 * ```
 */
export const lockRegistrationRequest = new PreparedQuery<LockRegistrationRequestParams,LockRegistrationRequestResult>(lockRegistrationRequestIR);

/** 'DeleteRegistrationRequest' parameters type */
export interface DeleteRegistrationRequestParams {
  id: string;
}

/** 'DeleteRegistrationRequest' return type */
export type DeleteRegistrationRequestResult = void;

const deleteRegistrationRequestIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":45,"b":48}]}],"statement":"delete from registration_requests where id = :id!::uuid"};

/**
 * Query generated from SQL:
 * ```
 * delete from registration_requests where id = :id!::uuid
 * ```
 */
export const deleteRegistrationRequest = new PreparedQuery<DeleteRegistrationRequestParams,DeleteRegistrationRequestResult>(deleteRegistrationRequestIR);

/** 'DeleteExpiredRegistrationRequests' parameters type */
export interface DeleteExpiredRegistrationRequestsParams {
  limit: number;
}

/** 'DeleteExpiredRegistrationRequests' return type */
export type DeleteExpiredRegistrationRequestsResult = void;

const deleteExpiredRegistrationRequestsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":131,"b":137}]}],"statement":"delete from registration_requests\nwhere id in (\n  select id from registration_requests where expires_at <= clock_timestamp() limit :limit!::integer\n  for update skip locked\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from registration_requests
 * where id in (
 *   select id from registration_requests where expires_at <= clock_timestamp() limit :limit!::integer
 *   for update skip locked
 * )
 * ```
 */
export const deleteExpiredRegistrationRequests = new PreparedQuery<DeleteExpiredRegistrationRequestsParams,DeleteExpiredRegistrationRequestsResult>(deleteExpiredRegistrationRequestsIR);

/** 'ReadRegistrationRequestBacklog' parameters type */
export type ReadRegistrationRequestBacklogParams = void;

/** 'ReadRegistrationRequestBacklog' return type */
export interface ReadRegistrationRequestBacklogResult {
  oldest_age_ms: number;
  waiting: number;
}

const readRegistrationRequestBacklogIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select count(*)::integer as \"waiting!\",\n  (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as \"oldest_age_ms!\"\nfrom (select created_at from registration_requests where expires_at > clock_timestamp() order by created_at limit 10000) as waiting"};

/**
 * Query generated from SQL:
 * ```
 * select count(*)::integer as "waiting!",
 *   (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as "oldest_age_ms!"
 * from (select created_at from registration_requests where expires_at > clock_timestamp() order by created_at limit 10000) as waiting
 * ```
 */
export const readRegistrationRequestBacklog = new PreparedQuery<ReadRegistrationRequestBacklogParams,ReadRegistrationRequestBacklogResult>(readRegistrationRequestBacklogIR);
