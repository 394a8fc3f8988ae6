/** Types generated for queries found in "queries/sign-in-failures.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type Uint8ArrayArray = (Uint8Array)[];

/** 'ClaimSignIn' parameters type */
export interface ClaimSignInParams {
  accountKey: Uint8Array;
  bucket: string;
  email: string;
  free: number;
  maxWaitMs: number;
  quietMs: number;
  stop: number;
}

/** 'ClaimSignIn' return type */
export interface ClaimSignInResult {
  counted: number | null;
  disabling_is_over: boolean;
  email_verified: boolean | null;
  expired_password: string | null;
  id: string | null;
  password: string | null;
  password_form: number | null;
  status: string | null;
  version: number | null;
  wait_ms: number | null;
}

const claimSignInIR: StatementSource = {"usedParamSet":{"accountKey":true,"bucket":true,"free":true,"stop":true,"maxWaitMs":true,"quietMs":true,"email":true},"params":[{"name":"accountKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":336,"b":347}]},{"name":"bucket","required":true,"transform":{"type":"scalar"},"locs":[{"a":350,"b":357}]},{"name":"free","required":true,"transform":{"type":"scalar"},"locs":[{"a":360,"b":365}]},{"name":"stop","required":true,"transform":{"type":"scalar"},"locs":[{"a":368,"b":373}]},{"name":"maxWaitMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":376,"b":386}]},{"name":"quietMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":389,"b":397}]},{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":427,"b":433}]}],"statement":"select counted as \"counted?\", wait_ms as \"wait_ms?\", id as \"id?\", status as \"status?\", version as \"version?\",\n  email_verified as \"email_verified?\", password as \"password?\", password_form as \"password_form?\", expired_password as \"expired_password?\",\n  coalesce(disabled_until <= now(), false) as \"disabling_is_over!\"\nfrom claim_attempt(:accountKey!, :bucket!, :free!, :stop!, :maxWaitMs!, :quietMs!)\nleft join users on email = :email!"};

/**
 * Query generated from SQL:
 * ```
 * select counted as "counted?", wait_ms as "wait_ms?", id as "id?", status as "status?", version as "version?",
 *   email_verified as "email_verified?", password as "password?", password_form as "password_form?", expired_password as "expired_password?",
 *   coalesce(disabled_until <= now(), false) as "disabling_is_over!"
 * from claim_attempt(:accountKey!, :bucket!, :free!, :stop!, :maxWaitMs!, :quietMs!)
 * left join users on email = :email!
 * ```
 */
export const claimSignIn = new PreparedQuery<ClaimSignInParams,ClaimSignInResult>(claimSignInIR);

/** 'ClaimAttempt' parameters type */
export interface ClaimAttemptParams {
  accountKey: Uint8Array;
  bucket: string;
  free: number;
  maxWaitMs: number;
  quietMs: number;
  stop: number;
}

/** 'ClaimAttempt' return type */
export interface ClaimAttemptResult {
  counted: number | null;
  wait_ms: number | null;
}

const claimAttemptIR: StatementSource = {"usedParamSet":{"accountKey":true,"bucket":true,"free":true,"stop":true,"maxWaitMs":true,"quietMs":true},"params":[{"name":"accountKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":71,"b":82}]},{"name":"bucket","required":true,"transform":{"type":"scalar"},"locs":[{"a":85,"b":92}]},{"name":"free","required":true,"transform":{"type":"scalar"},"locs":[{"a":95,"b":100}]},{"name":"stop","required":true,"transform":{"type":"scalar"},"locs":[{"a":103,"b":108}]},{"name":"maxWaitMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":111,"b":121}]},{"name":"quietMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":124,"b":132}]}],"statement":"select counted as \"counted?\", wait_ms as \"wait_ms?\"\nfrom claim_attempt(:accountKey!, :bucket!, :free!, :stop!, :maxWaitMs!, :quietMs!)"};

/**
 * Query generated from SQL:
 * ```
 * select counted as "counted?", wait_ms as "wait_ms?"
 * from claim_attempt(:accountKey!, :bucket!, :free!, :stop!, :maxWaitMs!, :quietMs!)
 * ```
 */
export const claimAttempt = new PreparedQuery<ClaimAttemptParams,ClaimAttemptResult>(claimAttemptIR);

/** 'UpdateUnjudgedAttempt' parameters type */
export interface UpdateUnjudgedAttemptParams {
  accountKey: Uint8Array;
  bucket: string;
  counted: number;
}

/** 'UpdateUnjudgedAttempt' return type */
export type UpdateUnjudgedAttemptResult = void;

const updateUnjudgedAttemptIR: StatementSource = {"usedParamSet":{"counted":true,"accountKey":true,"bucket":true},"params":[{"name":"counted","required":true,"transform":{"type":"scalar"},"locs":[{"a":105,"b":113}]},{"name":"accountKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":168,"b":179}]},{"name":"bucket","required":true,"transform":{"type":"scalar"},"locs":[{"a":194,"b":201}]}],"statement":"update sign_in_failures\nset failures = greatest(failures - 1, 0),\n  blocked_until = case when failures = :counted! then null else blocked_until end\nwhere account_key = :accountKey! and bucket = :bucket!"};

/**
 * Query generated from SQL:
 * ```
 * update sign_in_failures
 * set failures = greatest(failures - 1, 0),
 *   blocked_until = case when failures = :counted! then null else blocked_until end
 * where account_key = :accountKey! and bucket = :bucket!
 * ```
 */
export const updateUnjudgedAttempt = new PreparedQuery<UpdateUnjudgedAttemptParams,UpdateUnjudgedAttemptResult>(updateUnjudgedAttemptIR);

/** 'DeleteSignInFailures' parameters type */
export interface DeleteSignInFailuresParams {
  accountKey: Uint8Array;
  bucket: string;
  free: number;
  others?: string | null | void;
}

/** 'DeleteSignInFailures' return type */
export type DeleteSignInFailuresResult = void;

const deleteSignInFailuresIR: StatementSource = {"usedParamSet":{"free":true,"accountKey":true,"others":true,"bucket":true},"params":[{"name":"free","required":true,"transform":{"type":"scalar"},"locs":[{"a":62,"b":67},{"a":177,"b":182}]},{"name":"accountKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":122,"b":133},{"a":244,"b":255}]},{"name":"others","required":false,"transform":{"type":"scalar"},"locs":[{"a":148,"b":154}]},{"name":"bucket","required":true,"transform":{"type":"scalar"},"locs":[{"a":270,"b":277}]}],"statement":"with reopened as (\n  update sign_in_failures\n  set failures = :free!::integer, blocked_until = null\n  where account_key = :accountKey! and bucket = :others::text and failures > :free!::integer\n)\ndelete from sign_in_failures\nwhere account_key = :accountKey! and bucket = :bucket!"};

/**
 * Query generated from SQL:
 * ```
 * with reopened as (
 *   update sign_in_failures
 *   set failures = :free!::integer, blocked_until = null
 *   where account_key = :accountKey! and bucket = :others::text and failures > :free!::integer
 * )
 * delete from sign_in_failures
 * where account_key = :accountKey! and bucket = :bucket!
 * ```
 */
export const deleteSignInFailures = new PreparedQuery<DeleteSignInFailuresParams,DeleteSignInFailuresResult>(deleteSignInFailuresIR);

/** 'DeleteAllSignInFailures' parameters type */
export interface DeleteAllSignInFailuresParams {
  accountKeys: Uint8ArrayArray;
}

/** 'DeleteAllSignInFailures' return type */
export type DeleteAllSignInFailuresResult = void;

const deleteAllSignInFailuresIR: StatementSource = {"usedParamSet":{"accountKeys":true},"params":[{"name":"accountKeys","required":true,"transform":{"type":"scalar"},"locs":[{"a":53,"b":65}]}],"statement":"delete from sign_in_failures\nwhere account_key = any(:accountKeys!::bytea[])"};

/**
 * Query generated from SQL:
 * ```
 * delete from sign_in_failures
 * where account_key = any(:accountKeys!::bytea[])
 * ```
 */
export const deleteAllSignInFailures = new PreparedQuery<DeleteAllSignInFailuresParams,DeleteAllSignInFailuresResult>(deleteAllSignInFailuresIR);

/** 'ListSignInFailures' parameters type */
export interface ListSignInFailuresParams {
  accountKeys: Uint8ArrayArray;
}

/** 'ListSignInFailures' return type */
export interface ListSignInFailuresResult {
  blocked_until: Date | null;
  bucket: string;
  failures: number;
  last_at: Date;
}

const listSignInFailuresIR: StatementSource = {"usedParamSet":{"accountKeys":true},"params":[{"name":"accountKeys","required":true,"transform":{"type":"scalar"},"locs":[{"a":94,"b":106}]}],"statement":"select bucket, failures, last_at, blocked_until\nfrom sign_in_failures\nwhere account_key = any(:accountKeys!::bytea[]) and failures > 0\norder by failures desc, bucket\nlimit 100"};

/**
 * Query generated from SQL:
 * ```
 * select bucket, failures, last_at, blocked_until
 * from sign_in_failures
 * where account_key = any(:accountKeys!::bytea[]) and failures > 0
 * order by failures desc, bucket
 * limit 100
 * ```
 */
export const listSignInFailures = new PreparedQuery<ListSignInFailuresParams,ListSignInFailuresResult>(listSignInFailuresIR);

/** 'DeleteQuietSignInFailures' parameters type */
export interface DeleteQuietSignInFailuresParams {
  limit: number;
  quietMs: number;
}

/** 'DeleteQuietSignInFailures' return type */
export type DeleteQuietSignInFailuresResult = void;

const deleteQuietSignInFailuresIR: StatementSource = {"usedParamSet":{"quietMs":true,"limit":true},"params":[{"name":"quietMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":141,"b":149}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":223,"b":229}]}],"statement":"delete from sign_in_failures\nwhere (account_key, bucket) in (\n  select account_key, bucket\n  from sign_in_failures\n  where last_at < now() - :quietMs!::double precision * interval '1 millisecond'\n  order by last_at\n  limit :limit!\n  for update skip locked\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from sign_in_failures
 * where (account_key, bucket) in (
 *   select account_key, bucket
 *   from sign_in_failures
 *   where last_at < now() - :quietMs!::double precision * interval '1 millisecond'
 *   order by last_at
 *   limit :limit!
 *   for update skip locked
 * )
 * ```
 */
export const deleteQuietSignInFailures = new PreparedQuery<DeleteQuietSignInFailuresParams,DeleteQuietSignInFailuresResult>(deleteQuietSignInFailuresIR);
