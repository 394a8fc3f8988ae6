/** Types generated for queries found in "queries/sessions.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'InsertSession' parameters type */
export interface InsertSessionParams {
  absoluteTtlMs: number;
  id: string;
  idleTtlMs: number;
  ip?: string | null | void;
  refreshHash: Uint8Array;
  userAgent?: string | null | void;
  userId: string;
}

/** 'InsertSession' return type */
export interface InsertSessionResult {
  authenticated_at: number;
  issued_at: number;
  remaining_ms: number;
}

const insertSessionIR: StatementSource = {"usedParamSet":{"id":true,"userId":true,"ip":true,"userAgent":true,"refreshHash":true,"idleTtlMs":true,"absoluteTtlMs":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":118,"b":121}]},{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":124,"b":131},{"a":332,"b":339}]},{"name":"ip","required":false,"transform":{"type":"scalar"},"locs":[{"a":134,"b":136}]},{"name":"userAgent","required":false,"transform":{"type":"scalar"},"locs":[{"a":139,"b":148}]},{"name":"refreshHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":151,"b":163}]},{"name":"idleTtlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":365,"b":375}]},{"name":"absoluteTtlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":396,"b":410},{"a":469,"b":483}]}],"statement":"insert into sessions (id, user_id, ip, user_agent, refresh_hash, created_at, expires_at, absolute_expires_at)\nvalues (:id!, :userId!, :ip, :userAgent, :refreshHash!,\n  greatest(clock_timestamp(), to_timestamp(1 + (\n    select max(not_before) from session_revocations\n    where kind in ('user', 'all') and (kind = 'all' or user_id = :userId!)\n  ))),\n  now() + least(:idleTtlMs!::double precision, :absoluteTtlMs!::double precision) * interval '1 millisecond',\n  now() + :absoluteTtlMs!::double precision * interval '1 millisecond')\nreturning (extract(epoch from expires_at - now()) * 1000)::double precision as \"remaining_ms!\",\n  floor(extract(epoch from authenticated_at))::double precision as \"authenticated_at!\",\n  floor(extract(epoch from created_at))::double precision as \"issued_at!\""};

/**
 * Query generated from SQL:
 * ```
 * insert into sessions (id, user_id, ip, user_agent, refresh_hash, created_at, expires_at, absolute_expires_at)
 * values (:id!, :userId!, :ip, :userAgent, :refreshHash!,
 *   greatest(clock_timestamp(), to_timestamp(1 + (
 *     select max(not_before) from session_revocations
 *     where kind in ('user', 'all') and (kind = 'all' or user_id = :userId!)
 *   ))),
 *   now() + least(:idleTtlMs!::double precision, :absoluteTtlMs!::double precision) * interval '1 millisecond',
 *   now() + :absoluteTtlMs!::double precision * interval '1 millisecond')
 * returning (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!",
 *   floor(extract(epoch from authenticated_at))::double precision as "authenticated_at!",
 *   floor(extract(epoch from created_at))::double precision as "issued_at!"
 * ```
 */
export const insertSession = new PreparedQuery<InsertSessionParams,InsertSessionResult>(insertSessionIR);

/** 'FindLiveSessions' parameters type */
export interface FindLiveSessionsParams {
  ids: stringArray;
}

/** 'FindLiveSessions' return type */
export interface FindLiveSessionsResult {
  id: string;
  remaining_ms: number;
  since_authentication_ms: number;
  user_id: string;
}

const findLiveSessionsIR: StatementSource = {"usedParamSet":{"ids":true},"params":[{"name":"ids","required":true,"transform":{"type":"scalar"},"locs":[{"a":346,"b":350}]}],"statement":"select sessions.id, user_id, (extract(epoch from expires_at - now()) * 1000)::double precision as \"remaining_ms!\",\n  (extract(epoch from clock_timestamp() - coalesce(authenticated_at, sessions.created_at)) * 1000)::double precision\n    as \"since_authentication_ms!\"\nfrom sessions\njoin users on users.id = sessions.user_id\nwhere sessions.id = any(:ids!::uuid[]) and expires_at > now() and users.status = 'active'\n  and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)"};

/**
 * Query generated from SQL:
 * ```
 * select sessions.id, user_id, (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!",
 *   (extract(epoch from clock_timestamp() - coalesce(authenticated_at, sessions.created_at)) * 1000)::double precision
 *     as "since_authentication_ms!"
 * from sessions
 * join users on users.id = sessions.user_id
 * where sessions.id = any(:ids!::uuid[]) and expires_at > now() and users.status = 'active'
 *   and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)
 * ```
 */
export const findLiveSessions = new PreparedQuery<FindLiveSessionsParams,FindLiveSessionsResult>(findLiveSessionsIR);

/** 'ListLiveSessions' parameters type */
export interface ListLiveSessionsParams {
  userId: string;
}

/** 'ListLiveSessions' return type */
export interface ListLiveSessionsResult {
  created_at: Date;
  expires_at: Date;
  id: string;
  ip: string | null;
  last_used_at: Date;
  user_agent: string | null;
  user_id: string;
}

const listLiveSessionsIR: StatementSource = {"usedParamSet":{"userId":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":103,"b":110}]}],"statement":"select id, user_id, ip, user_agent, created_at, last_used_at, expires_at\nfrom sessions\nwhere user_id = :userId! and expires_at > now()\n  and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)\norder by last_used_at desc, id\nlimit 200"};

/**
 * Query generated from SQL:
 * ```
 * select id, user_id, ip, user_agent, created_at, last_used_at, expires_at
 * from sessions
 * where user_id = :userId! and expires_at > now()
 *   and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)
 * order by last_used_at desc, id
 * limit 200
 * ```
 */
export const listLiveSessions = new PreparedQuery<ListLiveSessionsParams,ListLiveSessionsResult>(listLiveSessionsIR);

/** 'RotateCurrentSession' parameters type */
export interface RotateCurrentSessionParams {
  currentHash: Uint8Array;
  id: string;
  idleTtlMs: number;
  previousHash: Uint8Array;
  sealedSuccessor: Uint8Array;
}

/** 'RotateCurrentSession' return type */
export interface RotateCurrentSessionResult {
  authenticated_at: number;
  issued_at: number;
  remaining_ms: number;
  user_id: string;
}

const rotateCurrentSessionIR: StatementSource = {"usedParamSet":{"currentHash":true,"previousHash":true,"sealedSuccessor":true,"idleTtlMs":true,"id":true},"params":[{"name":"currentHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":35,"b":47}]},{"name":"previousHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":74,"b":87},{"a":382,"b":395}]},{"name":"sealedSuccessor","required":true,"transform":{"type":"scalar"},"locs":[{"a":109,"b":125}]},{"name":"idleTtlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":225,"b":235}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":358,"b":361}]}],"statement":"update sessions\nset refresh_hash = :currentHash!, previous_refresh_hash = :previousHash!, sealed_successor = :sealedSuccessor!,\n  rotated_at = clock_timestamp(), last_used_at = clock_timestamp(),\n  expires_at = least(now() + :idleTtlMs!::double precision * interval '1 millisecond', absolute_expires_at)\nwhere id = (\n  select id\n  from sessions\n  where id = :id! and refresh_hash = :previousHash! and expires_at > now()\n    and exists (select from users where users.id = sessions.user_id and users.status = 'active')\n    and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)\n  for no key update of sessions skip locked\n)\nreturning user_id, (extract(epoch from expires_at - now()) * 1000)::double precision as \"remaining_ms!\",\n  floor(extract(epoch from coalesce(authenticated_at, created_at)))::double precision as \"authenticated_at!\",\n  floor(extract(epoch from greatest(clock_timestamp(), created_at)))::double precision as \"issued_at!\""};

/**
 * Query generated from SQL:
 * ```
 * update sessions
 * set refresh_hash = :currentHash!, previous_refresh_hash = :previousHash!, sealed_successor = :sealedSuccessor!,
 *   rotated_at = clock_timestamp(), last_used_at = clock_timestamp(),
 *   expires_at = least(now() + :idleTtlMs!::double precision * interval '1 millisecond', absolute_expires_at)
 * where id = (
 *   select id
 *   from sessions
 *   where id = :id! and refresh_hash = :previousHash! and expires_at > now()
 *     and exists (select from users where users.id = sessions.user_id and users.status = 'active')
 *     and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)
 *   for no key update of sessions skip locked
 * )
 * returning user_id, (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!",
 *   floor(extract(epoch from coalesce(authenticated_at, created_at)))::double precision as "authenticated_at!",
 *   floor(extract(epoch from greatest(clock_timestamp(), created_at)))::double precision as "issued_at!"
 * ```
 */
export const rotateCurrentSession = new PreparedQuery<RotateCurrentSessionParams,RotateCurrentSessionResult>(rotateCurrentSessionIR);

/** 'LockSession' parameters type */
export interface LockSessionParams {
  earlier?: string | null | void;
  id: string;
}

/** 'LockSession' return type */
export interface LockSessionResult {
  authenticated_at: number;
  issued_at: number;
  previous_refresh_hash: Buffer | null;
  refresh_hash: Buffer;
  remaining_ms: number;
  rotated_before: boolean | null;
  sealed_successor: Buffer | null;
  since_rotation_ms: number | null;
  user_id: string;
}

const lockSessionIR: StatementSource = {"usedParamSet":{"earlier":true,"id":true},"params":[{"name":"earlier","required":false,"transform":{"type":"scalar"},"locs":[{"a":272,"b":279}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":740,"b":743}]}],"statement":"select user_id, refresh_hash, previous_refresh_hash, sealed_successor,\n  (extract(epoch from clock_timestamp() - rotated_at) * 1000)::double precision as since_rotation_ms,\n  pg_visible_in_snapshot(\n    (newest - mod(newest - xmin::text::bigint, 4294967296))::text::xid8, :earlier::text::pg_snapshot) as rotated_before,\n  (extract(epoch from expires_at - now()) * 1000)::double precision as \"remaining_ms!\",\n  floor(extract(epoch from coalesce(authenticated_at, created_at)))::double precision as \"authenticated_at!\",\n  floor(extract(epoch from greatest(clock_timestamp(), created_at)))::double precision as \"issued_at!\"\nfrom sessions, cast(pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 2147483648 as bigint) as newest\nwhere id = :id! and expires_at > now()\n  and exists (select from users where users.id = sessions.user_id and users.status = 'active')\n  and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)\nfor no key update of sessions"};

/**
 * Query generated from SQL:
 * ```
 * select user_id, refresh_hash, previous_refresh_hash, sealed_successor,
 *   (extract(epoch from clock_timestamp() - rotated_at) * 1000)::double precision as since_rotation_ms,
 *   pg_visible_in_snapshot(
 *     (newest - mod(newest - xmin::text::bigint, 4294967296))::text::xid8, :earlier::text::pg_snapshot) as rotated_before,
 *   (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!",
 *   floor(extract(epoch from coalesce(authenticated_at, created_at)))::double precision as "authenticated_at!",
 *   floor(extract(epoch from greatest(clock_timestamp(), created_at)))::double precision as "issued_at!"
 * from sessions, cast(pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 2147483648 as bigint) as newest
 * where id = :id! and expires_at > now()
 *   and exists (select from users where users.id = sessions.user_id and users.status = 'active')
 *   and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)
 * for no key update of sessions
 * ```
 */
export const lockSession = new PreparedQuery<LockSessionParams,LockSessionResult>(lockSessionIR);

/** 'RotateSession' parameters type */
export interface RotateSessionParams {
  currentHash: Uint8Array;
  id: string;
  idleTtlMs: number;
  previousHash: Uint8Array;
  sealedSuccessor: Uint8Array;
}

/** 'RotateSession' return type */
export interface RotateSessionResult {
  remaining_ms: number;
}

const rotateSessionIR: StatementSource = {"usedParamSet":{"currentHash":true,"previousHash":true,"sealedSuccessor":true,"idleTtlMs":true,"id":true},"params":[{"name":"currentHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":35,"b":47}]},{"name":"previousHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":74,"b":87}]},{"name":"sealedSuccessor","required":true,"transform":{"type":"scalar"},"locs":[{"a":109,"b":125}]},{"name":"idleTtlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":225,"b":235}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":315,"b":318}]}],"statement":"update sessions\nset refresh_hash = :currentHash!, previous_refresh_hash = :previousHash!, sealed_successor = :sealedSuccessor!,\n  rotated_at = clock_timestamp(), last_used_at = clock_timestamp(),\n  expires_at = least(now() + :idleTtlMs!::double precision * interval '1 millisecond', absolute_expires_at)\nwhere id = :id!\nreturning (extract(epoch from expires_at - now()) * 1000)::double precision as \"remaining_ms!\""};

/**
 * Query generated from SQL:
 * ```
 * update sessions
 * set refresh_hash = :currentHash!, previous_refresh_hash = :previousHash!, sealed_successor = :sealedSuccessor!,
 *   rotated_at = clock_timestamp(), last_used_at = clock_timestamp(),
 *   expires_at = least(now() + :idleTtlMs!::double precision * interval '1 millisecond', absolute_expires_at)
 * where id = :id!
 * returning (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!"
 * ```
 */
export const rotateSession = new PreparedQuery<RotateSessionParams,RotateSessionResult>(rotateSessionIR);

/** 'EndSessions' parameters type */
export interface EndSessionsParams {
  afterId: string;
  eventIdStart: string;
  limit: number;
  listed: number;
  occurredAt: Date;
  only?: string | null | void;
  reason: string;
  requestId: string;
  revokesUser: boolean;
  userId: string;
  userVersion: number;
}

/** 'EndSessions' return type */
export interface EndSessionsResult {
  count: number;
  ended_at: number;
  examined: number;
  last_id: string | null;
  not_before: number | null;
  session_ids: stringArray;
}

const endSessionsIR: StatementSource = {"usedParamSet":{"userId":true,"afterId":true,"only":true,"limit":true,"revokesUser":true,"eventIdStart":true,"userVersion":true,"reason":true,"requestId":true,"occurredAt":true,"listed":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":78,"b":85},{"a":231,"b":238},{"a":531,"b":538},{"a":918,"b":925}]},{"name":"afterId","required":true,"transform":{"type":"scalar"},"locs":[{"a":96,"b":104},{"a":249,"b":257}]},{"name":"only","required":false,"transform":{"type":"scalar"},"locs":[{"a":111,"b":115},{"a":139,"b":143},{"a":329,"b":333},{"a":357,"b":361}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":168,"b":174}]},{"name":"revokesUser","required":true,"transform":{"type":"scalar"},"locs":[{"a":653,"b":665}]},{"name":"eventIdStart","required":true,"transform":{"type":"scalar"},"locs":[{"a":841,"b":854}]},{"name":"userVersion","required":true,"transform":{"type":"scalar"},"locs":[{"a":938,"b":950}]},{"name":"reason","required":true,"transform":{"type":"scalar"},"locs":[{"a":1026,"b":1033}]},{"name":"requestId","required":true,"transform":{"type":"scalar"},"locs":[{"a":1047,"b":1057}]},{"name":"occurredAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":1066,"b":1077}]},{"name":"listed","required":true,"transform":{"type":"scalar"},"locs":[{"a":1226,"b":1233}]}],"statement":"with selected as materialized (\n  select id\n  from sessions\n  where user_id = :userId! and id > :afterId! and (:only::uuid is null or id = :only)\n  order by id\n  limit :limit!\n), ended as (\n  delete from sessions\n  where user_id = :userId! and id > :afterId! and id <= (select id from selected order by id desc limit 1)\n    and (:only::uuid is null or id = :only) and expires_at > now()\n  returning id, created_at\n), voided as (\n  insert into session_revocations (session_id, user_id, kind, not_before)\n  select gen_random_uuid(), :userId!, 'user',\n    floor(extract(epoch from greatest(clock_timestamp(), (select max(created_at) from ended))))\n  where :revokesUser! and (select count(*) from ended) > 10\n  returning not_before\n), recorded as (\n  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)\n  select (:eventIdStart!::text || (10000000 + row_number() over (order by id)))::uuid, :userId!::uuid,\n    :userVersion!::integer, 'session.ended', jsonb_build_object('session_id', id, 'reason', :reason!::text),\n    :requestId!::text, :occurredAt!::timestamptz\n  from ended\n  order by id\n)\nselect (select count(*) from ended)::integer as \"count!\",\n  array(select id from ended order by id limit :listed!) as \"session_ids!\",\n  floor(extract(epoch from clock_timestamp()))::double precision as \"ended_at!\",\n  (select not_before from voided)::double precision as not_before,\n  (select count(*) from selected)::integer as \"examined!\",\n  (select id from selected order by id desc limit 1) as last_id"};

/**
 * Query generated from SQL:
 * ```
 * with selected as materialized (
 *   select id
 *   from sessions
 *   where user_id = :userId! and id > :afterId! and (:only::uuid is null or id = :only)
 *   order by id
 *   limit :limit!
 * ), ended as (
 *   delete from sessions
 *   where user_id = :userId! and id > :afterId! and id <= (select id from selected order by id desc limit 1)
 *     and (:only::uuid is null or id = :only) and expires_at > now()
 *   returning id, created_at
 * ), voided as (
 *   insert into session_revocations (session_id, user_id, kind, not_before)
 *   select gen_random_uuid(), :userId!, 'user',
 *     floor(extract(epoch from greatest(clock_timestamp(), (select max(created_at) from ended))))
 *   where :revokesUser! and (select count(*) from ended) > 10
 *   returning not_before
 * ), recorded as (
 *   insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
 *   select (:eventIdStart!::text || (10000000 + row_number() over (order by id)))::uuid, :userId!::uuid,
 *     :userVersion!::integer, 'session.ended', jsonb_build_object('session_id', id, 'reason', :reason!::text),
 *     :requestId!::text, :occurredAt!::timestamptz
 *   from ended
 *   order by id
 * )
 * select (select count(*) from ended)::integer as "count!",
 *   array(select id from ended order by id limit :listed!) as "session_ids!",
 *   floor(extract(epoch from clock_timestamp()))::double precision as "ended_at!",
 *   (select not_before from voided)::double precision as not_before,
 *   (select count(*) from selected)::integer as "examined!",
 *   (select id from selected order by id desc limit 1) as last_id
 * ```
 */
export const endSessions = new PreparedQuery<EndSessionsParams,EndSessionsResult>(endSessionsIR);

/** 'UpdateVoidTokensOfUser' parameters type */
export interface UpdateVoidTokensOfUserParams {
  userId: string;
}

/** 'UpdateVoidTokensOfUser' return type */
export interface UpdateVoidTokensOfUserResult {
  not_before: number;
}

const updateVoidTokensOfUserIR: StatementSource = {"usedParamSet":{"userId":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":179,"b":186}]}],"statement":"update session_revocations\nset revoked_at = clock_timestamp(),\n  not_before = greatest(not_before, floor(extract(epoch from clock_timestamp())))\nwhere kind = 'user' and user_id = :userId! and transaction_id = pg_current_xact_id()\nreturning not_before::double precision as \"not_before!\""};

/**
 * Query generated from SQL:
 * ```
 * update session_revocations
 * set revoked_at = clock_timestamp(),
 *   not_before = greatest(not_before, floor(extract(epoch from clock_timestamp())))
 * where kind = 'user' and user_id = :userId! and transaction_id = pg_current_xact_id()
 * returning not_before::double precision as "not_before!"
 * ```
 */
export const updateVoidTokensOfUser = new PreparedQuery<UpdateVoidTokensOfUserParams,UpdateVoidTokensOfUserResult>(updateVoidTokensOfUserIR);

/** 'EndSurplusSessions' parameters type */
export interface EndSurplusSessionsParams {
  keep: number;
  limit: number;
  occurredAt: Date;
  reason: string;
  requestId: string;
  userId: string;
  userVersion: number;
}

/** 'EndSurplusSessions' return type */
export interface EndSurplusSessionsResult {
  ended_at: number;
  id: string;
}

const endSurplusSessionsIR: StatementSource = {"usedParamSet":{"userId":true,"keep":true,"limit":true,"userVersion":true,"reason":true,"requestId":true,"occurredAt":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":65,"b":72},{"a":392,"b":399}]},{"name":"keep","required":true,"transform":{"type":"scalar"},"locs":[{"a":139,"b":144}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":154,"b":160}]},{"name":"userVersion","required":true,"transform":{"type":"scalar"},"locs":[{"a":408,"b":420}]},{"name":"reason","required":true,"transform":{"type":"scalar"},"locs":[{"a":500,"b":507}]},{"name":"requestId","required":true,"transform":{"type":"scalar"},"locs":[{"a":517,"b":527}]},{"name":"occurredAt","required":true,"transform":{"type":"scalar"},"locs":[{"a":536,"b":547}]}],"statement":"with selected as (\n  select id\n  from sessions\n  where user_id = :userId! and expires_at > now()\n  order by last_used_at desc, id\n  offset :keep!\n  limit :limit!\n), ended as (\n  delete from sessions\n  where id = any(array(select id from selected))\n  returning id\n), recorded as (\n  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)\n  select make_event_id(), :userId!::uuid, :userVersion!::integer, 'session.ended',\n    jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, :occurredAt!::timestamptz\n  from ended\n  order by id\n)\nselect id, floor(extract(epoch from clock_timestamp()))::double precision as \"ended_at!\" from ended order by id"};

/**
 * Query generated from SQL:
 * ```
 * with selected as (
 *   select id
 *   from sessions
 *   where user_id = :userId! and expires_at > now()
 *   order by last_used_at desc, id
 *   offset :keep!
 *   limit :limit!
 * ), ended as (
 *   delete from sessions
 *   where id = any(array(select id from selected))
 *   returning id
 * ), recorded as (
 *   insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
 *   select make_event_id(), :userId!::uuid, :userVersion!::integer, 'session.ended',
 *     jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, :occurredAt!::timestamptz
 *   from ended
 *   order by id
 * )
 * select id, floor(extract(epoch from clock_timestamp()))::double precision as "ended_at!" from ended order by id
 * ```
 */
export const endSurplusSessions = new PreparedQuery<EndSurplusSessionsParams,EndSurplusSessionsResult>(endSurplusSessionsIR);

/** 'InsertRevocationOfAll' parameters type */
export type InsertRevocationOfAllParams = void;

/** 'InsertRevocationOfAll' return type */
export interface InsertRevocationOfAllResult {
  not_before: number;
}

const insertRevocationOfAllIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"insert into session_revocations (session_id, user_id, kind, revoked_at, not_before)\nselect gen_random_uuid(), '00000000-0000-0000-0000-000000000000', 'all', at, floor(extract(epoch from at)) + 1\nfrom (\n  select greatest(clock_timestamp(), to_timestamp(1 + max(not_before))) as at\n  from session_revocations\n  where kind in ('user', 'all')\n) revocation\nreturning not_before::double precision as \"not_before!\""};

/**
 * Query generated from SQL:
 * ```
 * insert into session_revocations (session_id, user_id, kind, revoked_at, not_before)
 * select gen_random_uuid(), '00000000-0000-0000-0000-000000000000', 'all', at, floor(extract(epoch from at)) + 1
 * from (
 *   select greatest(clock_timestamp(), to_timestamp(1 + max(not_before))) as at
 *   from session_revocations
 *   where kind in ('user', 'all')
 * ) revocation
 * returning not_before::double precision as "not_before!"
 * ```
 */
export const insertRevocationOfAll = new PreparedQuery<InsertRevocationOfAllParams,InsertRevocationOfAllResult>(insertRevocationOfAllIR);

/** 'DeleteRevokedSessions' parameters type */
export interface DeleteRevokedSessionsParams {
  limit: number;
  reason: string;
  requestId: string;
}

/** 'DeleteRevokedSessions' return type */
export interface DeleteRevokedSessionsResult {
  count: number;
}

const deleteRevokedSessionsIR: StatementSource = {"usedParamSet":{"limit":true,"reason":true,"requestId":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":409,"b":415}]},{"name":"reason","required":true,"transform":{"type":"scalar"},"locs":[{"a":819,"b":826}]},{"name":"requestId","required":true,"transform":{"type":"scalar"},"locs":[{"a":836,"b":846}]}],"statement":"with revocation as materialized (\n  select max(revoked_at) as revoked_at from session_revocations\n  where kind = 'all' and revoked_at > now() - interval '1 day'\n), selected as materialized (\n  select sessions.id, user_id, coalesce(users.version, 1) as version\n  from sessions\n  join users on users.id = user_id\n  where sessions.created_at <= (select revoked_at from revocation) and expires_at > now()\n  limit :limit!\n  for no key update of users skip locked\n), ended as (\n  delete from sessions using selected\n  where sessions.id = selected.id\n  returning sessions.id, sessions.user_id, selected.version\n), recorded as (\n  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)\n  select make_event_id(), user_id, version, 'session.ended',\n    jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, clock_timestamp()\n  from ended\n  order by id\n)\nselect count(*)::integer as \"count!\" from ended"};

/**
 * Query generated from SQL:
 * ```
 * with revocation as materialized (
 *   select max(revoked_at) as revoked_at from session_revocations
 *   where kind = 'all' and revoked_at > now() - interval '1 day'
 * ), selected as materialized (
 *   select sessions.id, user_id, coalesce(users.version, 1) as version
 *   from sessions
 *   join users on users.id = user_id
 *   where sessions.created_at <= (select revoked_at from revocation) and expires_at > now()
 *   limit :limit!
 *   for no key update of users skip locked
 * ), ended as (
 *   delete from sessions using selected
 *   where sessions.id = selected.id
 *   returning sessions.id, sessions.user_id, selected.version
 * ), recorded as (
 *   insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
 *   select make_event_id(), user_id, version, 'session.ended',
 *     jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, clock_timestamp()
 *   from ended
 *   order by id
 * )
 * select count(*)::integer as "count!" from ended
 * ```
 */
export const deleteRevokedSessions = new PreparedQuery<DeleteRevokedSessionsParams,DeleteRevokedSessionsResult>(deleteRevokedSessionsIR);

/** 'ListRevokedSessions' parameters type */
export interface ListRevokedSessionsParams {
  limit: number;
  previous?: string | null | void;
}

/** 'ListRevokedSessions' return type */
export interface ListRevokedSessionsResult {
  all_revoked: boolean;
  database_time_ms: number;
  is_behind: boolean;
  server_started: string;
  session_ids: stringArray;
  snapshot: string;
}

const listRevokedSessionsIR: StatementSource = {"usedParamSet":{"previous":true,"limit":true},"params":[{"name":"previous","required":false,"transform":{"type":"scalar"},"locs":[{"a":121,"b":129},{"a":449,"b":457},{"a":599,"b":607},{"a":778,"b":786},{"a":861,"b":869}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":639,"b":645}]}],"statement":"select pg_current_snapshot()::text as \"snapshot!\",\n  coalesce(pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax(:previous::text::pg_snapshot), false) as \"is_behind!\",\n  extract(epoch from pg_postmaster_start_time())::text as \"server_started!\",\n  (extract(epoch from clock_timestamp()) * 1000)::double precision as \"database_time_ms!\",\n  array(\n    select session_id\n    from session_revocations\n    where transaction_id >= pg_snapshot_xmin(:previous::text::pg_snapshot)\n      and transaction_id < pg_snapshot_xmax(pg_current_snapshot())\n      and not pg_visible_in_snapshot(transaction_id, :previous::text::pg_snapshot)\n    limit :limit!\n  ) as \"session_ids!\",\n  exists(\n    select from session_revocations\n    where kind = 'all' and transaction_id >= pg_snapshot_xmin(:previous::text::pg_snapshot)\n      and not pg_visible_in_snapshot(transaction_id, :previous::text::pg_snapshot)\n  ) as \"all_revoked!\""};

/**
 * Query generated from SQL:
 * ```
 * select pg_current_snapshot()::text as "snapshot!",
 *   coalesce(pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax(:previous::text::pg_snapshot), false) as "is_behind!",
 *   extract(epoch from pg_postmaster_start_time())::text as "server_started!",
 *   (extract(epoch from clock_timestamp()) * 1000)::double precision as "database_time_ms!",
 *   array(
 *     select session_id
 *     from session_revocations
 *     where transaction_id >= pg_snapshot_xmin(:previous::text::pg_snapshot)
 *       and transaction_id < pg_snapshot_xmax(pg_current_snapshot())
 *       and not pg_visible_in_snapshot(transaction_id, :previous::text::pg_snapshot)
 *     limit :limit!
 *   ) as "session_ids!",
 *   exists(
 *     select from session_revocations
 *     where kind = 'all' and transaction_id >= pg_snapshot_xmin(:previous::text::pg_snapshot)
 *       and not pg_visible_in_snapshot(transaction_id, :previous::text::pg_snapshot)
 *   ) as "all_revoked!"
 * ```
 */
export const listRevokedSessions = new PreparedQuery<ListRevokedSessionsParams,ListRevokedSessionsResult>(listRevokedSessionsIR);

/** 'DeleteExpiredSessions' parameters type */
export interface DeleteExpiredSessionsParams {
  limit: number;
}

/** 'DeleteExpiredSessions' return type */
export type DeleteExpiredSessionsResult = void;

const deleteExpiredSessionsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":129,"b":135}]}],"statement":"delete from sessions\nwhere id = any(array(\n  select id\n  from sessions\n  where expires_at <= now()\n  order by expires_at\n  limit :limit!\n  for update skip locked\n))"};

/**
 * Query generated from SQL:
 * ```
 * delete from sessions
 * where id = any(array(
 *   select id
 *   from sessions
 *   where expires_at <= now()
 *   order by expires_at
 *   limit :limit!
 *   for update skip locked
 * ))
 * ```
 */
export const deleteExpiredSessions = new PreparedQuery<DeleteExpiredSessionsParams,DeleteExpiredSessionsResult>(deleteExpiredSessionsIR);

/** 'DeleteOldRevocations' parameters type */
export interface DeleteOldRevocationsParams {
  limit: number;
  seenIn: string;
}

/** 'DeleteOldRevocations' return type */
export type DeleteOldRevocationsResult = void;

const deleteOldRevocationsIR: StatementSource = {"usedParamSet":{"seenIn":true,"limit":true},"params":[{"name":"seenIn","required":true,"transform":{"type":"scalar"},"locs":[{"a":258,"b":265}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":389,"b":395}]}],"statement":"delete from session_revocations\nwhere session_id = any(array(\n  select session_id\n  from session_revocations\n  where revoked_at < now() - interval '70 minutes' and kind <> 'all'\n    and (transaction_id is null\n      or pg_visible_in_snapshot(transaction_id, :seenIn!::text::pg_snapshot)\n      or transaction_id >= pg_snapshot_xmax(pg_current_snapshot()))\n  order by transaction_id\n  limit :limit!\n  for update skip locked\n))"};

/**
 * Query generated from SQL:
 * ```
 * delete from session_revocations
 * where session_id = any(array(
 *   select session_id
 *   from session_revocations
 *   where revoked_at < now() - interval '70 minutes' and kind <> 'all'
 *     and (transaction_id is null
 *       or pg_visible_in_snapshot(transaction_id, :seenIn!::text::pg_snapshot)
 *       or transaction_id >= pg_snapshot_xmax(pg_current_snapshot()))
 *   order by transaction_id
 *   limit :limit!
 *   for update skip locked
 * ))
 * ```
 */
export const deleteOldRevocations = new PreparedQuery<DeleteOldRevocationsParams,DeleteOldRevocationsResult>(deleteOldRevocationsIR);
