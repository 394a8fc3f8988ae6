/** Types generated for queries found in "queries/event-audit.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'FindAuditBounds' parameters type */
export interface FindAuditBoundsParams {
  limit: number;
}

/** 'FindAuditBounds' return type */
export interface FindAuditBoundsResult {
  first_sequence: number;
  restored_sequence: number;
  waiting: number;
}

const findAuditBoundsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":218,"b":224}]}],"statement":"select coalesce(first_sequence, 1)::float8 as \"first_sequence!\", coalesce(restored_sequence, 0)::float8 as \"restored_sequence!\",\n  (\n    select count(*) from (\n      select from outbox where published_at is null limit :limit!::integer\n    ) counted\n  )::integer as \"waiting!\"\nfrom (select) always\nleft join event_counter on name = 'outbox'"};

/**
 * Query generated from SQL:
 * ```
 * select coalesce(first_sequence, 1)::float8 as "first_sequence!", coalesce(restored_sequence, 0)::float8 as "restored_sequence!",
 *   (
 *     select count(*) from (
 *       select from outbox where published_at is null limit :limit!::integer
 *     ) counted
 *   )::integer as "waiting!"
 * from (select) always
 * left join event_counter on name = 'outbox'
 * ```
 */
export const findAuditBounds = new PreparedQuery<FindAuditBoundsParams,FindAuditBoundsResult>(findAuditBoundsIR);

/** 'ListEventMarks' parameters type */
export interface ListEventMarksParams {
  ids: stringArray;
}

/** 'ListEventMarks' return type */
export interface ListEventMarksResult {
  id: string;
  stream_sequence: number | null;
}

const listEventMarksIR: StatementSource = {"usedParamSet":{"ids":true},"params":[{"name":"ids","required":true,"transform":{"type":"scalar"},"locs":[{"a":84,"b":88}]}],"statement":"select id, stream_sequence::float8 as \"stream_sequence?\"\nfrom outbox\nwhere id = any(:ids!::uuid[])"};

/**
 * Query generated from SQL:
 * ```
 * select id, stream_sequence::float8 as "stream_sequence?"
 * from outbox
 * where id = any(:ids!::uuid[])
 * ```
 */
export const listEventMarks = new PreparedQuery<ListEventMarksParams,ListEventMarksResult>(listEventMarksIR);

/** 'ListMarkedEvents' parameters type */
export interface ListMarkedEventsParams {
  first: number;
  last: number;
  limit: number;
}

/** 'ListMarkedEvents' return type */
export interface ListMarkedEventsResult {
  id: string;
  stream_sequence: number;
  type: string;
  user_id: string | null;
  user_version: number | null;
}

const listMarkedEventsIR: StatementSource = {"usedParamSet":{"first":true,"last":true,"limit":true},"params":[{"name":"first","required":true,"transform":{"type":"scalar"},"locs":[{"a":152,"b":158}]},{"name":"last","required":true,"transform":{"type":"scalar"},"locs":[{"a":191,"b":196}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":237,"b":243}]}],"statement":"select id, user_id, user_version, type, stream_sequence::float8 as \"stream_sequence!\"\nfrom outbox\nwhere published_at is not null and stream_sequence >= :first!::bigint and stream_sequence <= :last!::bigint\norder by stream_sequence\nlimit :limit!::integer"};

/**
 * Query generated from SQL:
 * ```
 * select id, user_id, user_version, type, stream_sequence::float8 as "stream_sequence!"
 * from outbox
 * where published_at is not null and stream_sequence >= :first!::bigint and stream_sequence <= :last!::bigint
 * order by stream_sequence
 * limit :limit!::integer
 * ```
 */
export const listMarkedEvents = new PreparedQuery<ListMarkedEventsParams,ListMarkedEventsResult>(listMarkedEventsIR);

/** 'CountMarkedBefore' parameters type */
export interface CountMarkedBeforeParams {
  before: number;
  limit: number;
  maxAgeMs?: number | null | void;
}

/** 'CountMarkedBefore' return type */
export interface CountMarkedBeforeResult {
  count: number;
}

const countMarkedBeforeIR: StatementSource = {"usedParamSet":{"before":true,"maxAgeMs":true,"limit":true},"params":[{"name":"before","required":true,"transform":{"type":"scalar"},"locs":[{"a":120,"b":127}]},{"name":"maxAgeMs","required":false,"transform":{"type":"scalar"},"locs":[{"a":146,"b":154},{"a":220,"b":228}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":255,"b":261}]}],"statement":"select count(*)::integer as \"count!\"\nfrom (\n  select from outbox\n  where published_at is not null and stream_sequence < :before!::bigint\n    and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))\n  limit :limit!::integer\n) counted"};

/**
 * Query generated from SQL:
 * ```
 * select count(*)::integer as "count!"
 * from (
 *   select from outbox
 *   where published_at is not null and stream_sequence < :before!::bigint
 *     and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))
 *   limit :limit!::integer
 * ) counted
 * ```
 */
export const countMarkedBefore = new PreparedQuery<CountMarkedBeforeParams,CountMarkedBeforeResult>(countMarkedBeforeIR);

/** 'BeginRestoration' parameters type */
export interface BeginRestorationParams {
  numbers: number;
  versions: number;
}

/** 'BeginRestoration' return type */
export type BeginRestorationResult = void;

const beginRestorationIR: StatementSource = {"usedParamSet":{"numbers":true,"versions":true},"params":[{"name":"numbers","required":true,"transform":{"type":"scalar"},"locs":[{"a":177,"b":185},{"a":203,"b":211},{"a":233,"b":241},{"a":520,"b":528},{"a":584,"b":592},{"a":655,"b":663},{"a":963,"b":971}]},{"name":"versions","required":true,"transform":{"type":"scalar"},"locs":[{"a":310,"b":319}]}],"statement":"with begun as (\n  insert into event_counter as counter\n    (name, last_sequence, first_sequence, restored_sequence, restored_version, restoring_since)\n  select 'outbox', last + :numbers!::bigint, last + :numbers!::bigint + 1, last + :numbers!::bigint + 1,\n    (select least(coalesce(max(version), 0)::bigint + :versions!::integer, 2147483647)::integer from users), now()\n  from (select coalesce(max(sequence), 0) as last from outbox) numbered\n  on conflict (name) do update\n  set last_sequence = counter.last_sequence + :numbers!::bigint,\n    first_sequence = counter.last_sequence + :numbers!::bigint + 1,\n    restored_sequence = counter.last_sequence + :numbers!::bigint + 1,\n    last_event_id = null,\n    restored_version = excluded.restored_version,\n    restoring_since = excluded.restoring_since\n  where counter.restoring_since is null\n  returning last_sequence\n)\nupdate webhook_endpoints\nset skipped_events = skipped_events + greatest(begun.last_sequence - :numbers!::bigint - queued_sequence, 0),\n  queued_sequence = begun.last_sequence\nfrom begun"};

/**
 * Query generated from SQL:
 * ```
 * with begun as (
 *   insert into event_counter as counter
 *     (name, last_sequence, first_sequence, restored_sequence, restored_version, restoring_since)
 *   select 'outbox', last + :numbers!::bigint, last + :numbers!::bigint + 1, last + :numbers!::bigint + 1,
 *     (select least(coalesce(max(version), 0)::bigint + :versions!::integer, 2147483647)::integer from users), now()
 *   from (select coalesce(max(sequence), 0) as last from outbox) numbered
 *   on conflict (name) do update
 *   set last_sequence = counter.last_sequence + :numbers!::bigint,
 *     first_sequence = counter.last_sequence + :numbers!::bigint + 1,
 *     restored_sequence = counter.last_sequence + :numbers!::bigint + 1,
 *     last_event_id = null,
 *     restored_version = excluded.restored_version,
 *     restoring_since = excluded.restoring_since
 *   where counter.restoring_since is null
 *   returning last_sequence
 * )
 * update webhook_endpoints
 * set skipped_events = skipped_events + greatest(begun.last_sequence - :numbers!::bigint - queued_sequence, 0),
 *   queued_sequence = begun.last_sequence
 * from begun
 * ```
 */
export const beginRestoration = new PreparedQuery<BeginRestorationParams,BeginRestorationResult>(beginRestorationIR);

/** 'FindRestoration' parameters type */
export type FindRestorationParams = void;

/** 'FindRestoration' return type */
export interface FindRestorationResult {
  sequence: number;
  since: Date;
  version: number;
}

const findRestorationIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select restored_version as \"version!\", restored_sequence::float8 as \"sequence!\", restoring_since as \"since!\"\nfrom event_counter\nwhere name = 'outbox' and restoring_since is not null"};

/**
 * Query generated from SQL:
 * ```
 * select restored_version as "version!", restored_sequence::float8 as "sequence!", restoring_since as "since!"
 * from event_counter
 * where name = 'outbox' and restoring_since is not null
 * ```
 */
export const findRestoration = new PreparedQuery<FindRestorationParams,FindRestorationResult>(findRestorationIR);

/** 'FinishRestoration' parameters type */
export type FinishRestorationParams = void;

/** 'FinishRestoration' return type */
export type FinishRestorationResult = void;

const finishRestorationIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"update event_counter set restoring_since = null where name = 'outbox'"};

/**
 * Query generated from SQL:
 * ```
 * update event_counter set restoring_since = null where name = 'outbox'
 * ```
 */
export const finishRestoration = new PreparedQuery<FinishRestorationParams,FinishRestorationResult>(finishRestorationIR);

/** 'ListKnownUsers' parameters type */
export interface ListKnownUsersParams {
  ids: stringArray;
}

/** 'ListKnownUsers' return type */
export interface ListKnownUsersResult {
  id: string;
}

const listKnownUsersIR: StatementSource = {"usedParamSet":{"ids":true},"params":[{"name":"ids","required":true,"transform":{"type":"scalar"},"locs":[{"a":45,"b":49},{"a":152,"b":156}]}],"statement":"select id as \"id!\" from users where id = any(:ids!::uuid[])\nunion\nselect user_id from outbox\nwhere published_at is null and coalesce(user_id, id) = any(:ids!::uuid[]) and type = 'user.deleted'"};

/**
 * Query generated from SQL:
 * ```
 * select id as "id!" from users where id = any(:ids!::uuid[])
 * union
 * select user_id from outbox
 * where published_at is null and coalesce(user_id, id) = any(:ids!::uuid[]) and type = 'user.deleted'
 * ```
 */
export const listKnownUsers = new PreparedQuery<ListKnownUsersParams,ListKnownUsersResult>(listKnownUsersIR);
