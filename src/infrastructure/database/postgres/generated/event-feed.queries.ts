/** Types generated for queries found in "queries/event-feed.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'UpdateUnnumberedEvents' parameters type */
export interface UpdateUnnumberedEventsParams {
  limit: number;
}

/** 'UpdateUnnumberedEvents' return type */
export interface UpdateUnnumberedEventsResult {
  newest: number;
  numbered: number;
}

const updateUnnumberedEventsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":79,"b":85}]}],"statement":"select numbered as \"numbered!\", newest::float8 as \"newest!\" from number_events(:limit!::integer)"};

/**
 * Query generated from SQL:
 * ```
 * select numbered as "numbered!", newest::float8 as "newest!" from number_events(:limit!::integer)
 * ```
 */
export const updateUnnumberedEvents = new PreparedQuery<UpdateUnnumberedEventsParams,UpdateUnnumberedEventsResult>(updateUnnumberedEventsIR);

/** 'FindNumberingBacklog' parameters type */
export interface FindNumberingBacklogParams {
  limit: number;
}

/** 'FindNumberingBacklog' return type */
export interface FindNumberingBacklogResult {
  oldest_age_ms: number;
  waiting: number;
}

const findNumberingBacklogIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":92,"b":98}]}],"statement":"select\n  (\n    select count(*) from (\n      select from outbox where sequence is null limit :limit!::integer\n    ) counted\n  )::integer as \"waiting!\",\n  coalesce((\n    select greatest(extract(epoch from now() - occurred_at) * 1000, 0) from outbox\n    where sequence is null\n    order by position limit 1\n  ), 0)::float8 as \"oldest_age_ms!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   (
 *     select count(*) from (
 *       select from outbox where sequence is null limit :limit!::integer
 *     ) counted
 *   )::integer as "waiting!",
 *   coalesce((
 *     select greatest(extract(epoch from now() - occurred_at) * 1000, 0) from outbox
 *     where sequence is null
 *     order by position limit 1
 *   ), 0)::float8 as "oldest_age_ms!"
 * ```
 */
export const findNumberingBacklog = new PreparedQuery<FindNumberingBacklogParams,FindNumberingBacklogResult>(findNumberingBacklogIR);

/** 'FindFeedBounds' parameters type */
export type FindFeedBoundsParams = void;

/** 'FindFeedBounds' return type */
export interface FindFeedBoundsResult {
  first_sequence: number;
  last_event_id: string | null;
  last_sequence: number;
}

const findFeedBoundsIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select first_sequence::float8 as \"first_sequence!\", last_sequence::float8 as \"last_sequence!\", last_event_id\nfrom event_counter\nwhere name = 'outbox'"};

/**
 * Query generated from SQL:
 * ```
 * select first_sequence::float8 as "first_sequence!", last_sequence::float8 as "last_sequence!", last_event_id
 * from event_counter
 * where name = 'outbox'
 * ```
 */
export const findFeedBounds = new PreparedQuery<FindFeedBoundsParams,FindFeedBoundsResult>(findFeedBoundsIR);

/** 'ListFeedEvents' parameters type */
export interface ListFeedEventsParams {
  after: number;
  limit: number;
  types?: stringArray | null | void;
  userId?: string | null | void;
  window: number;
}

/** 'ListFeedEvents' return type */
export interface ListFeedEventsResult {
  after_id: string | null;
  data: unknown | null;
  first_sequence: number;
  id: string | null;
  last_sequence: number;
  occurred_at: Date | null;
  request_id: string | null;
  sequence: number | null;
  type: string | null;
  user_id: string | null;
  user_version: number | null;
  window_id: string | null;
}

const listFeedEventsIR: StatementSource = {"usedParamSet":{"after":true,"window":true,"userId":true,"types":true,"limit":true},"params":[{"name":"after","required":true,"transform":{"type":"scalar"},"locs":[{"a":151,"b":157},{"a":243,"b":249},{"a":323,"b":329},{"a":435,"b":441},{"a":833,"b":839},{"a":865,"b":871}]},{"name":"window","required":true,"transform":{"type":"scalar"},"locs":[{"a":341,"b":348},{"a":453,"b":460},{"a":883,"b":890}]},{"name":"userId","required":false,"transform":{"type":"scalar"},"locs":[{"a":910,"b":916},{"a":945,"b":951}]},{"name":"types","required":false,"transform":{"type":"scalar"},"locs":[{"a":969,"b":974},{"a":1007,"b":1012}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":1052,"b":1058}]}],"statement":"select counter.first_sequence::float8 as \"first_sequence!\", counter.last_sequence::float8 as \"last_sequence!\",\n  case\n    when counter.last_sequence = :after!::bigint then counter.last_event_id\n    else (select id from outbox where sequence = :after!::bigint)\n  end as \"after_id?\",\n  case\n    when counter.last_sequence <= :after!::bigint + :window!::integer then counter.last_event_id\n    else (select id from outbox where sequence = :after!::bigint + :window!::integer)\n  end as \"window_id?\",\n  event.id as \"id?\", event.sequence::float8 as \"sequence?\", event.user_id as \"user_id?\",\n  event.user_version as \"user_version?\", event.type as \"type?\", event.data as \"data?\",\n  event.request_id as \"request_id?\", event.occurred_at as \"occurred_at?\"\nfrom event_counter counter\nleft join lateral (\n  select * from outbox\n  where sequence > :after!::bigint and sequence <= :after!::bigint + :window!::integer\n    and (:userId::uuid is null or user_id = :userId::uuid)\n    and (:types::text[] is null or type = any (:types::text[]))\n  order by sequence\n  limit :limit!::integer\n) event on true\nwhere counter.name = 'outbox'\norder by event.sequence"};

/**
 * Query generated from SQL:
 * ```
 * select counter.first_sequence::float8 as "first_sequence!", counter.last_sequence::float8 as "last_sequence!",
 *   case
 *     when counter.last_sequence = :after!::bigint then counter.last_event_id
 *     else (select id from outbox where sequence = :after!::bigint)
 *   end as "after_id?",
 *   case
 *     when counter.last_sequence <= :after!::bigint + :window!::integer then counter.last_event_id
 *     else (select id from outbox where sequence = :after!::bigint + :window!::integer)
 *   end as "window_id?",
 *   event.id as "id?", event.sequence::float8 as "sequence?", event.user_id as "user_id?",
 *   event.user_version as "user_version?", event.type as "type?", event.data as "data?",
 *   event.request_id as "request_id?", event.occurred_at as "occurred_at?"
 * from event_counter counter
 * left join lateral (
 *   select * from outbox
 *   where sequence > :after!::bigint and sequence <= :after!::bigint + :window!::integer
 *     and (:userId::uuid is null or user_id = :userId::uuid)
 *     and (:types::text[] is null or type = any (:types::text[]))
 *   order by sequence
 *   limit :limit!::integer
 * ) event on true
 * where counter.name = 'outbox'
 * order by event.sequence
 * ```
 */
export const listFeedEvents = new PreparedQuery<ListFeedEventsParams,ListFeedEventsResult>(listFeedEventsIR);

/** 'DeleteNumberedEvents' parameters type */
export interface DeleteNumberedEventsParams {
  limit: number;
  retentionMs: number;
}

/** 'DeleteNumberedEvents' return type */
export type DeleteNumberedEventsResult = void;

const deleteNumberedEventsIR: StatementSource = {"usedParamSet":{"retentionMs":true,"limit":true},"params":[{"name":"retentionMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":69,"b":81},{"a":323,"b":335}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":185,"b":191}]}],"statement":"delete from outbox\nwhere occurred_at < now() - make_interval(secs => :retentionMs!::float8 / 1000)\n  and id in (select id from outbox where sequence is not null order by sequence limit :limit!::integer)\n  and not exists (\n    select from relay_lease\n    where name = 'outbox' and expires_at > now() - make_interval(secs => :retentionMs!::float8 / 1000)\n  )"};

/**
 * Query generated from SQL:
 * ```
 * delete from outbox
 * where occurred_at < now() - make_interval(secs => :retentionMs!::float8 / 1000)
 *   and id in (select id from outbox where sequence is not null order by sequence limit :limit!::integer)
 *   and not exists (
 *     select from relay_lease
 *     where name = 'outbox' and expires_at > now() - make_interval(secs => :retentionMs!::float8 / 1000)
 *   )
 * ```
 */
export const deleteNumberedEvents = new PreparedQuery<DeleteNumberedEventsParams,DeleteNumberedEventsResult>(deleteNumberedEventsIR);
