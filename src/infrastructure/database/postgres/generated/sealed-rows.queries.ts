/** Types generated for queries found in "queries/sealed-rows.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'CountSealedRows' parameters type */
export interface CountSealedRowsParams {
  before?: Date | null | void;
  most: number;
}

/** 'CountSealedRows' return type */
export interface CountSealedRowsResult {
  answers: number;
  challenges: number;
  invitations: number;
  mails: number;
  sessions: number;
}

const countSealedRowsIR: StatementSource = {"usedParamSet":{"before":true,"most":true},"params":[{"name":"before","required":false,"transform":{"type":"scalar"},"locs":[{"a":135,"b":141},{"a":372,"b":378},{"a":561,"b":567},{"a":811,"b":817},{"a":1035,"b":1041}]},{"name":"most","required":true,"transform":{"type":"scalar"},"locs":[{"a":179,"b":184},{"a":416,"b":421},{"a":605,"b":610},{"a":855,"b":860},{"a":1079,"b":1084}]}],"statement":"select\n  (select count(*) from (\n    select from sessions\n    where expires_at > now() and coalesce(rotated_at, created_at) < coalesce(:before::timestamptz, 'infinity')\n    limit :most!::integer\n  ) as counted)::integer as \"sessions!\",\n  (select count(*) from (\n    select from mail_queue\n    where sent_at is null and sealed_content is not null and created_at < coalesce(:before::timestamptz, 'infinity')\n    limit :most!::integer\n  ) as counted)::integer as \"mails!\",\n  (select count(*) from (\n    select from idempotency_keys\n    where created_at < coalesce(:before::timestamptz, 'infinity')\n    limit :most!::integer\n  ) as counted)::integer as \"answers!\",\n  (select count(*) from (\n    select from challenges\n    where consumed_at is null and expires_at > clock_timestamp()\n      and created_at < coalesce(:before::timestamptz, 'infinity')\n    limit :most!::integer\n  ) as counted)::integer as \"challenges!\",\n  (select count(*) from (\n    select from invitations\n    where expires_at > clock_timestamp() and created_at < coalesce(:before::timestamptz, 'infinity')\n    limit :most!::integer\n  ) as counted)::integer as \"invitations!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   (select count(*) from (
 *     select from sessions
 *     where expires_at > now() and coalesce(rotated_at, created_at) < coalesce(:before::timestamptz, 'infinity')
 *     limit :most!::integer
 *   ) as counted)::integer as "sessions!",
 *   (select count(*) from (
 *     select from mail_queue
 *     where sent_at is null and sealed_content is not null and created_at < coalesce(:before::timestamptz, 'infinity')
 *     limit :most!::integer
 *   ) as counted)::integer as "mails!",
 *   (select count(*) from (
 *     select from idempotency_keys
 *     where created_at < coalesce(:before::timestamptz, 'infinity')
 *     limit :most!::integer
 *   ) as counted)::integer as "answers!",
 *   (select count(*) from (
 *     select from challenges
 *     where consumed_at is null and expires_at > clock_timestamp()
 *       and created_at < coalesce(:before::timestamptz, 'infinity')
 *     limit :most!::integer
 *   ) as counted)::integer as "challenges!",
 *   (select count(*) from (
 *     select from invitations
 *     where expires_at > clock_timestamp() and created_at < coalesce(:before::timestamptz, 'infinity')
 *     limit :most!::integer
 *   ) as counted)::integer as "invitations!"
 * ```
 */
export const countSealedRows = new PreparedQuery<CountSealedRowsParams,CountSealedRowsResult>(countSealedRowsIR);

/** 'DeleteSessionsOfAllUsers' parameters type */
export interface DeleteSessionsOfAllUsersParams {
  afterId: string;
  limit: number;
  reason: string;
  requestId: string;
}

/** 'DeleteSessionsOfAllUsers' return type */
export interface DeleteSessionsOfAllUsersResult {
  count: number;
  examined: number;
  last_id: string | null;
}

const deleteSessionsOfAllUsersIR: StatementSource = {"usedParamSet":{"afterId":true,"limit":true,"reason":true,"requestId":true},"params":[{"name":"afterId","required":true,"transform":{"type":"scalar"},"locs":[{"a":78,"b":86}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":106,"b":112}]},{"name":"reason","required":true,"transform":{"type":"scalar"},"locs":[{"a":716,"b":723}]},{"name":"requestId","required":true,"transform":{"type":"scalar"},"locs":[{"a":733,"b":743}]}],"statement":"with selected as materialized (\n  select id, user_id from sessions where id > :afterId! order by id limit :limit!\n), locked as materialized (\n  select id, coalesce(version, 1) as version\n  from users\n  where id in (select user_id from selected)\n  order by id\n  for no key update\n), ended as (\n  delete from sessions using locked\n  where sessions.id = any(array(select id from selected)) and sessions.user_id = locked.id and expires_at > now()\n  returning sessions.id, sessions.user_id, locked.version\n), recorded as (\n  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)\n  select make_event_id(), user_id, version, 'session.ended',\n    jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, clock_timestamp()\n  from ended\n  order by id\n)\nselect (select count(*) from ended)::integer as \"count!\", (select count(*) from selected)::integer as \"examined!\",\n  (select id from selected order by id desc limit 1) as last_id"};

/**
 * Query generated from SQL:
 * ```
 * with selected as materialized (
 *   select id, user_id from sessions where id > :afterId! order by id limit :limit!
 * ), locked as materialized (
 *   select id, coalesce(version, 1) as version
 *   from users
 *   where id in (select user_id from selected)
 *   order by id
 *   for no key update
 * ), ended as (
 *   delete from sessions using locked
 *   where sessions.id = any(array(select id from selected)) and sessions.user_id = locked.id and expires_at > now()
 *   returning sessions.id, sessions.user_id, locked.version
 * ), recorded as (
 *   insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
 *   select make_event_id(), user_id, version, 'session.ended',
 *     jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, clock_timestamp()
 *   from ended
 *   order by id
 * )
 * select (select count(*) from ended)::integer as "count!", (select count(*) from selected)::integer as "examined!",
 *   (select id from selected order by id desc limit 1) as last_id
 * ```
 */
export const deleteSessionsOfAllUsers = new PreparedQuery<DeleteSessionsOfAllUsersParams,DeleteSessionsOfAllUsersResult>(deleteSessionsOfAllUsersIR);

/** 'MarkUnreadableMails' parameters type */
export interface MarkUnreadableMailsParams {
  error: string;
  limit: number;
}

/** 'MarkUnreadableMails' return type */
export type MarkUnreadableMailsResult = void;

const markUnreadableMailsIR: StatementSource = {"usedParamSet":{"error":true,"limit":true},"params":[{"name":"error","required":true,"transform":{"type":"scalar"},"locs":[{"a":87,"b":93}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":219,"b":225}]}],"statement":"update mail_queue\nset failed_at = coalesce(failed_at, clock_timestamp()), last_error = :error!, sealed_content = null\nwhere id in (\n  select id from mail_queue where sent_at is null and sealed_content is not null limit :limit!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set failed_at = coalesce(failed_at, clock_timestamp()), last_error = :error!, sealed_content = null
 * where id in (
 *   select id from mail_queue where sent_at is null and sealed_content is not null limit :limit!::integer
 * )
 * ```
 */
export const markUnreadableMails = new PreparedQuery<MarkUnreadableMailsParams,MarkUnreadableMailsResult>(markUnreadableMailsIR);

/** 'MarkChallengesExpired' parameters type */
export interface MarkChallengesExpiredParams {
  limit: number;
}

/** 'MarkChallengesExpired' return type */
export type MarkChallengesExpiredResult = void;

const markChallengesExpiredIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":166,"b":172}]}],"statement":"update challenges\nset expires_at = clock_timestamp()\nwhere id in (\n  select id from challenges\n  where consumed_at is null and expires_at > clock_timestamp()\n  limit :limit!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * update challenges
 * set expires_at = clock_timestamp()
 * where id in (
 *   select id from challenges
 *   where consumed_at is null and expires_at > clock_timestamp()
 *   limit :limit!::integer
 * )
 * ```
 */
export const markChallengesExpired = new PreparedQuery<MarkChallengesExpiredParams,MarkChallengesExpiredResult>(markChallengesExpiredIR);

/** 'ListConnectionsOfOthers' parameters type */
export interface ListConnectionsOfOthersParams {
  ownNames: stringArray;
}

/** 'ListConnectionsOfOthers' return type */
export interface ListConnectionsOfOthersResult {
  application: string;
  pid: number;
}

const listConnectionsOfOthersIR: StatementSource = {"usedParamSet":{"ownNames":true},"params":[{"name":"ownNames","required":true,"transform":{"type":"scalar"},"locs":[{"a":124,"b":133}]}],"statement":"with own_names as materialized (\n  select set_config('application_name', sent_name, true)::name::text as name\n  from unnest(:ownNames!::text[]) as sent_name\n)\nselect pid as \"pid!\", application_name as \"application!\"\nfrom pg_stat_activity\nwhere datname = current_database() and usename = current_user and pid <> pg_backend_pid()\n  and application_name not in (select name from own_names)\norder by pid\nlimit 100"};

/**
 * Query generated from SQL:
 * ```
 * with own_names as materialized (
 *   select set_config('application_name', sent_name, true)::name::text as name
 *   from unnest(:ownNames!::text[]) as sent_name
 * )
 * select pid as "pid!", application_name as "application!"
 * from pg_stat_activity
 * where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
 *   and application_name not in (select name from own_names)
 * order by pid
 * limit 100
 * ```
 */
export const listConnectionsOfOthers = new PreparedQuery<ListConnectionsOfOthersParams,ListConnectionsOfOthersResult>(listConnectionsOfOthersIR);

/** 'InsertMasterKeyUse' parameters type */
export interface InsertMasterKeyUseParams {
  fingerprint: Uint8Array;
}

/** 'InsertMasterKeyUse' return type */
export type InsertMasterKeyUseResult = void;

const insertMasterKeyUseIR: StatementSource = {"usedParamSet":{"fingerprint":true},"params":[{"name":"fingerprint","required":true,"transform":{"type":"scalar"},"locs":[{"a":64,"b":76}]}],"statement":"insert into master_key_uses (fingerprint, last_used_at) values (:fingerprint!, clock_timestamp())\non conflict (fingerprint) do update set last_used_at = excluded.last_used_at"};

/**
 * Query generated from SQL:
 * ```
 * insert into master_key_uses (fingerprint, last_used_at) values (:fingerprint!, clock_timestamp())
 * on conflict (fingerprint) do update set last_used_at = excluded.last_used_at
 * ```
 */
export const insertMasterKeyUse = new PreparedQuery<InsertMasterKeyUseParams,InsertMasterKeyUseResult>(insertMasterKeyUseIR);

/** 'FindMasterKeyUse' parameters type */
export interface FindMasterKeyUseParams {
  fingerprint: Uint8Array;
}

/** 'FindMasterKeyUse' return type */
export interface FindMasterKeyUseResult {
  age_ms: number;
  last_used_at: Date;
}

const findMasterKeyUseIR: StatementSource = {"usedParamSet":{"fingerprint":true},"params":[{"name":"fingerprint","required":true,"transform":{"type":"scalar"},"locs":[{"a":157,"b":169}]}],"statement":"select last_used_at,\n  (extract(epoch from clock_timestamp() - last_used_at) * 1000)::double precision as \"age_ms!\"\nfrom master_key_uses\nwhere fingerprint = :fingerprint!"};

/**
 * Query generated from SQL:
 * ```
 * select last_used_at,
 *   (extract(epoch from clock_timestamp() - last_used_at) * 1000)::double precision as "age_ms!"
 * from master_key_uses
 * where fingerprint = :fingerprint!
 * ```
 */
export const findMasterKeyUse = new PreparedQuery<FindMasterKeyUseParams,FindMasterKeyUseResult>(findMasterKeyUseIR);
