/** Types generated for queries found in "queries/idempotency.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'FindAnswer' parameters type */
export interface FindAnswerParams {
  callerId: string;
  keyHash: Uint8Array;
  ttlMs: number;
}

/** 'FindAnswer' return type */
export interface FindAnswerResult {
  fingerprint: Buffer;
  sealed_answer: Buffer;
  status: number;
}

const findAnswerIR: StatementSource = {"usedParamSet":{"callerId":true,"keyHash":true,"ttlMs":true},"params":[{"name":"callerId","required":true,"transform":{"type":"scalar"},"locs":[{"a":82,"b":91}]},{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":108,"b":116}]},{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":167,"b":173}]}],"statement":"select fingerprint, status, sealed_answer\nfrom idempotency_keys\nwhere caller_id = :callerId! and key_hash = :keyHash!\n  and created_at > now() - make_interval(secs => :ttlMs!::float8 / 1000)"};

/**
 * Query generated from SQL:
 * ```
 * select fingerprint, status, sealed_answer
 * from idempotency_keys
 * where caller_id = :callerId! and key_hash = :keyHash!
 *   and created_at > now() - make_interval(secs => :ttlMs!::float8 / 1000)
 * ```
 */
export const findAnswer = new PreparedQuery<FindAnswerParams,FindAnswerResult>(findAnswerIR);

/** 'ClaimAnswer' parameters type */
export interface ClaimAnswerParams {
  callerId: string;
  fingerprint: Uint8Array;
  keyHash: Uint8Array;
  ttlMs: number;
}

/** 'ClaimAnswer' return type */
export interface ClaimAnswerResult {
  lock_timeout: string;
}

const claimAnswerIR: StatementSource = {"usedParamSet":{"callerId":true,"keyHash":true,"fingerprint":true,"ttlMs":true},"params":[{"name":"callerId","required":true,"transform":{"type":"scalar"},"locs":[{"a":233,"b":242}]},{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":245,"b":253}]},{"name":"fingerprint","required":true,"transform":{"type":"scalar"},"locs":[{"a":256,"b":268}]},{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":482,"b":488}]}],"statement":"with wait as materialized (\n  select set_config('user_service.lock_timeout', current_setting('lock_timeout'), true),\n    set_config('lock_timeout', '1s', true)\n)\ninsert into idempotency_keys (caller_id, key_hash, fingerprint)\nselect :callerId!, :keyHash!, :fingerprint! from wait\non conflict (caller_id, key_hash) do update\nset fingerprint = excluded.fingerprint, status = 0, sealed_answer = '', created_at = now()\nwhere idempotency_keys.created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)\nreturning set_config('lock_timeout', current_setting('user_service.lock_timeout'), true) as \"lock_timeout!\""};

/**
 * Query generated from SQL:
 * ```
 * with wait as materialized (
 *   select set_config('user_service.lock_timeout', current_setting('lock_timeout'), true),
 *     set_config('lock_timeout', '1s', true)
 * )
 * insert into idempotency_keys (caller_id, key_hash, fingerprint)
 * select :callerId!, :keyHash!, :fingerprint! from wait
 * on conflict (caller_id, key_hash) do update
 * set fingerprint = excluded.fingerprint, status = 0, sealed_answer = '', created_at = now()
 * where idempotency_keys.created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)
 * returning set_config('lock_timeout', current_setting('user_service.lock_timeout'), true) as "lock_timeout!"
 * ```
 */
export const claimAnswer = new PreparedQuery<ClaimAnswerParams,ClaimAnswerResult>(claimAnswerIR);

/** 'UpdateAnswer' parameters type */
export interface UpdateAnswerParams {
  callerId: string;
  keyHash: Uint8Array;
  sealedAnswer: Uint8Array;
  status: number;
}

/** 'UpdateAnswer' return type */
export type UpdateAnswerResult = void;

const updateAnswerIR: StatementSource = {"usedParamSet":{"status":true,"sealedAnswer":true,"callerId":true,"keyHash":true},"params":[{"name":"status","required":true,"transform":{"type":"scalar"},"locs":[{"a":37,"b":44}]},{"name":"sealedAnswer","required":true,"transform":{"type":"scalar"},"locs":[{"a":73,"b":86}]},{"name":"callerId","required":true,"transform":{"type":"scalar"},"locs":[{"a":106,"b":115}]},{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":132,"b":140}]}],"statement":"update idempotency_keys\nset status = :status!::smallint, sealed_answer = :sealedAnswer!\nwhere caller_id = :callerId! and key_hash = :keyHash!"};

/**
 * Query generated from SQL:
 * ```
 * update idempotency_keys
 * set status = :status!::smallint, sealed_answer = :sealedAnswer!
 * where caller_id = :callerId! and key_hash = :keyHash!
 * ```
 */
export const updateAnswer = new PreparedQuery<UpdateAnswerParams,UpdateAnswerResult>(updateAnswerIR);

/** 'DeleteAnswer' parameters type */
export interface DeleteAnswerParams {
  callerId: string;
  keyHash: Uint8Array;
}

/** 'DeleteAnswer' return type */
export type DeleteAnswerResult = void;

const deleteAnswerIR: StatementSource = {"usedParamSet":{"callerId":true,"keyHash":true},"params":[{"name":"callerId","required":true,"transform":{"type":"scalar"},"locs":[{"a":47,"b":56}]},{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":73,"b":81}]}],"statement":"delete from idempotency_keys\nwhere caller_id = :callerId! and key_hash = :keyHash!"};

/**
 * Query generated from SQL:
 * ```
 * delete from idempotency_keys
 * where caller_id = :callerId! and key_hash = :keyHash!
 * ```
 */
export const deleteAnswer = new PreparedQuery<DeleteAnswerParams,DeleteAnswerResult>(deleteAnswerIR);

/** 'InsertAnswer' parameters type */
export interface InsertAnswerParams {
  callerId: string;
  fingerprint: Uint8Array;
  keyHash: Uint8Array;
  sealedAnswer: Uint8Array;
  status: number;
  ttlMs: number;
}

/** 'InsertAnswer' return type */
export interface InsertAnswerResult {
  inserted: boolean;
}

const insertAnswerIR: StatementSource = {"usedParamSet":{"callerId":true,"keyHash":true,"fingerprint":true,"status":true,"sealedAnswer":true,"ttlMs":true},"params":[{"name":"callerId","required":true,"transform":{"type":"scalar"},"locs":[{"a":95,"b":104}]},{"name":"keyHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":107,"b":115}]},{"name":"fingerprint","required":true,"transform":{"type":"scalar"},"locs":[{"a":118,"b":130}]},{"name":"status","required":true,"transform":{"type":"scalar"},"locs":[{"a":133,"b":140}]},{"name":"sealedAnswer","required":true,"transform":{"type":"scalar"},"locs":[{"a":153,"b":166}]},{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":407,"b":413}]}],"statement":"insert into idempotency_keys (caller_id, key_hash, fingerprint, status, sealed_answer)\nvalues (:callerId!, :keyHash!, :fingerprint!, :status!::smallint, :sealedAnswer!)\non conflict (caller_id, key_hash) do update\nset fingerprint = excluded.fingerprint, status = excluded.status, sealed_answer = excluded.sealed_answer,\n  created_at = now()\nwhere idempotency_keys.created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)\nreturning true as \"inserted!\""};

/**
 * Query generated from SQL:
 * ```
 * insert into idempotency_keys (caller_id, key_hash, fingerprint, status, sealed_answer)
 * values (:callerId!, :keyHash!, :fingerprint!, :status!::smallint, :sealedAnswer!)
 * on conflict (caller_id, key_hash) do update
 * set fingerprint = excluded.fingerprint, status = excluded.status, sealed_answer = excluded.sealed_answer,
 *   created_at = now()
 * where idempotency_keys.created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)
 * returning true as "inserted!"
 * ```
 */
export const insertAnswer = new PreparedQuery<InsertAnswerParams,InsertAnswerResult>(insertAnswerIR);

/** 'DeleteExpiredAnswers' parameters type */
export interface DeleteExpiredAnswersParams {
  limit: number;
  ttlMs: number;
}

/** 'DeleteExpiredAnswers' return type */
export type DeleteExpiredAnswersResult = void;

const deleteExpiredAnswersIR: StatementSource = {"usedParamSet":{"ttlMs":true,"limit":true},"params":[{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":165,"b":171}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":219,"b":225}]}],"statement":"delete from idempotency_keys\nwhere (caller_id, key_hash) in (\n  select caller_id, key_hash from idempotency_keys\n  where created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)\n  order by created_at\n  limit :limit!::integer\n  for update skip locked\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from idempotency_keys
 * where (caller_id, key_hash) in (
 *   select caller_id, key_hash from idempotency_keys
 *   where created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)
 *   order by created_at
 *   limit :limit!::integer
 *   for update skip locked
 * )
 * ```
 */
export const deleteExpiredAnswers = new PreparedQuery<DeleteExpiredAnswersParams,DeleteExpiredAnswersResult>(deleteExpiredAnswersIR);
