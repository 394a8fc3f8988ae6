/** Types generated for queries found in "queries/relay.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type numberArray = (number)[];

/** 'ClaimEvents' parameters type */
export interface ClaimEventsParams {
  afterKey: string;
  afterPosition: number;
  limit: number;
}

/** 'ClaimEvents' return type */
export interface ClaimEventsResult {
  age_ms: number;
  attempts: number;
  data: unknown;
  id: string;
  is_held: boolean;
  occurred_at: Date;
  position: string;
  request_id: string;
  sequence: number | null;
  type: string;
  user_id: string | null;
  user_key: string;
  user_version: number | null;
}

const claimEventsIR: StatementSource = {"usedParamSet":{"afterKey":true,"afterPosition":true,"limit":true},"params":[{"name":"afterKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":646,"b":655}]},{"name":"afterPosition","required":true,"transform":{"type":"scalar"},"locs":[{"a":664,"b":678}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":689,"b":695}]}],"statement":"select id as \"id!\", position as \"position!\", user_id, user_version, type as \"type!\", data as \"data!\",\n  request_id as \"request_id!\", occurred_at as \"occurred_at!\", attempts as \"attempts!\", sequence::float8 as \"sequence\",\n  coalesce(user_id, id) as \"user_key!\",\n  (extract(epoch from now() - occurred_at) * 1000)::float8 as \"age_ms!\",\n  sequence is null or (\n    attempts > 0 and (\n      parked_at is not null\n      -- A pause is a minute at most: one that ends later is an effect of a clock that was set back.\n      or (next_attempt_at > now() and next_attempt_at < now() + interval '2 minutes')\n    )\n  ) is true as \"is_held!\"\nfrom claim_events(:afterKey!::uuid, :afterPosition!::bigint, :limit!::integer)"};

/**
 * Query generated from SQL:
 * ```
 * select id as "id!", position as "position!", user_id, user_version, type as "type!", data as "data!",
 *   request_id as "request_id!", occurred_at as "occurred_at!", attempts as "attempts!", sequence::float8 as "sequence",
 *   coalesce(user_id, id) as "user_key!",
 *   (extract(epoch from now() - occurred_at) * 1000)::float8 as "age_ms!",
 *   sequence is null or (
 *     attempts > 0 and (
 *       parked_at is not null
 *       -- A pause is a minute at most: one that ends later is an effect of a clock that was set back.
 *       or (next_attempt_at > now() and next_attempt_at < now() + interval '2 minutes')
 *     )
 *   ) is true as "is_held!"
 * from claim_events(:afterKey!::uuid, :afterPosition!::bigint, :limit!::integer)
 * ```
 */
export const claimEvents = new PreparedQuery<ClaimEventsParams,ClaimEventsResult>(claimEventsIR);

/** 'MarkPublished' parameters type */
export interface MarkPublishedParams {
  acknowledged: string;
  epoch: number;
  highest: number;
  knownSequence: number;
}

/** 'MarkPublished' return type */
export interface MarkPublishedResult {
  leases: number;
  marked: number;
  stream_sequence: number | null;
}

const markPublishedIR: StatementSource = {"usedParamSet":{"knownSequence":true,"highest":true,"epoch":true,"acknowledged":true},"params":[{"name":"knownSequence","required":true,"transform":{"type":"scalar"},"locs":[{"a":93,"b":107}]},{"name":"highest","required":true,"transform":{"type":"scalar"},"locs":[{"a":173,"b":181}]},{"name":"epoch","required":true,"transform":{"type":"scalar"},"locs":[{"a":234,"b":240}]},{"name":"acknowledged","required":true,"transform":{"type":"scalar"},"locs":[{"a":561,"b":574}]}],"statement":"with lease as (\n  update relay_lease\n  set stream_sequence = case\n    when stream_sequence < :knownSequence!::bigint then stream_sequence\n    else greatest(stream_sequence, :highest!::bigint)\n  end\n  where name = 'outbox' and epoch = :epoch!::bigint\n  returning stream, stream_created, stream_sequence\n), marked as (\n  update outbox\n  set published_at = now(), stream = lease.stream, stream_created = lease.stream_created,\n    stream_sequence = acknowledged.sequence, next_attempt_at = null, parked_at = null, last_error = null\n  from lease, jsonb_to_recordset(:acknowledged!::jsonb) as acknowledged (id uuid, sequence bigint)\n  where outbox.id = acknowledged.id and outbox.published_at is null\n  returning outbox.id\n)\nselect (select count(*) from lease)::integer as \"leases!\", (select count(*) from marked)::integer as \"marked!\",\n  (select stream_sequence from lease)::float8 as \"stream_sequence?\""};

/**
 * Query generated from SQL:
 * ```
 * with lease as (
 *   update relay_lease
 *   set stream_sequence = case
 *     when stream_sequence < :knownSequence!::bigint then stream_sequence
 *     else greatest(stream_sequence, :highest!::bigint)
 *   end
 *   where name = 'outbox' and epoch = :epoch!::bigint
 *   returning stream, stream_created, stream_sequence
 * ), marked as (
 *   update outbox
 *   set published_at = now(), stream = lease.stream, stream_created = lease.stream_created,
 *     stream_sequence = acknowledged.sequence, next_attempt_at = null, parked_at = null, last_error = null
 *   from lease, jsonb_to_recordset(:acknowledged!::jsonb) as acknowledged (id uuid, sequence bigint)
 *   where outbox.id = acknowledged.id and outbox.published_at is null
 *   returning outbox.id
 * )
 * select (select count(*) from lease)::integer as "leases!", (select count(*) from marked)::integer as "marked!",
 *   (select stream_sequence from lease)::float8 as "stream_sequence?"
 * ```
 */
export const markPublished = new PreparedQuery<MarkPublishedParams,MarkPublishedResult>(markPublishedIR);

/** 'MarkFailed' parameters type */
export interface MarkFailedParams {
  deadLetter: boolean;
  delayMs: number;
  epoch: number;
  id: string;
  reason: string;
}

/** 'MarkFailed' return type */
export interface MarkFailedResult {
  leases: number;
}

const markFailedIR: StatementSource = {"usedParamSet":{"epoch":true,"delayMs":true,"reason":true,"deadLetter":true,"id":true},"params":[{"name":"epoch","required":true,"transform":{"type":"scalar"},"locs":[{"a":81,"b":87}]},{"name":"delayMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":225,"b":233}]},{"name":"reason","required":true,"transform":{"type":"scalar"},"locs":[{"a":269,"b":276}]},{"name":"deadLetter","required":true,"transform":{"type":"scalar"},"locs":[{"a":307,"b":318}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":377,"b":380}]}],"statement":"with lease as (\n  select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update\n), marked as (\n  update outbox\n  set attempts = outbox.attempts + 1, next_attempt_at = now() + make_interval(secs => :delayMs!::float8 / 1000),\n    last_error = :reason!::text, parked_at = case when :deadLetter!::boolean then now() end\n  from lease\n  where outbox.id = :id!::uuid and outbox.published_at is null\n  returning outbox.id\n)\nselect (select count(*) from lease)::integer as \"leases!\""};

/**
 * Query generated from SQL:
 * ```
 * with lease as (
 *   select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update
 * ), marked as (
 *   update outbox
 *   set attempts = outbox.attempts + 1, next_attempt_at = now() + make_interval(secs => :delayMs!::float8 / 1000),
 *     last_error = :reason!::text, parked_at = case when :deadLetter!::boolean then now() end
 *   from lease
 *   where outbox.id = :id!::uuid and outbox.published_at is null
 *   returning outbox.id
 * )
 * select (select count(*) from lease)::integer as "leases!"
 * ```
 */
export const markFailed = new PreparedQuery<MarkFailedParams,MarkFailedResult>(markFailedIR);

/** 'AcquireLease' parameters type */
export interface AcquireLeaseParams {
  holder: string;
  seenEpoch?: number | null | void;
  seenExpiresAt?: string | null | void;
  ttlMs: number;
}

/** 'AcquireLease' return type */
export interface AcquireLeaseResult {
  epoch: number;
  stream: string | null;
  stream_created: string | null;
  stream_sequence: number;
}

const acquireLeaseIR: StatementSource = {"usedParamSet":{"holder":true,"ttlMs":true,"seenEpoch":true,"seenExpiresAt":true},"params":[{"name":"holder","required":true,"transform":{"type":"scalar"},"locs":[{"a":85,"b":92}]},{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":146,"b":152}]},{"name":"seenEpoch","required":false,"transform":{"type":"scalar"},"locs":[{"a":351,"b":360}]},{"name":"seenExpiresAt","required":false,"transform":{"type":"scalar"},"locs":[{"a":393,"b":406}]}],"statement":"insert into relay_lease as lease (name, holder, epoch, expires_at)\nvalues ('outbox', :holder!::text, 1, clock_timestamp() + make_interval(secs => :ttlMs!::float8 / 1000))\non conflict (name) do update\nset holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at\nwhere lease.expires_at < clock_timestamp()\n  or (lease.epoch = :seenEpoch::bigint and lease.expires_at = :seenExpiresAt::text::timestamptz)\nreturning epoch::float8 as \"epoch!\", stream, stream_created, stream_sequence::float8 as \"stream_sequence!\""};

/**
 * Query generated from SQL:
 * ```
 * insert into relay_lease as lease (name, holder, epoch, expires_at)
 * values ('outbox', :holder!::text, 1, clock_timestamp() + make_interval(secs => :ttlMs!::float8 / 1000))
 * on conflict (name) do update
 * set holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at
 * where lease.expires_at < clock_timestamp()
 *   or (lease.epoch = :seenEpoch::bigint and lease.expires_at = :seenExpiresAt::text::timestamptz)
 * returning epoch::float8 as "epoch!", stream, stream_created, stream_sequence::float8 as "stream_sequence!"
 * ```
 */
export const acquireLease = new PreparedQuery<AcquireLeaseParams,AcquireLeaseResult>(acquireLeaseIR);

/** 'FindLease' parameters type */
export type FindLeaseParams = void;

/** 'FindLease' return type */
export interface FindLeaseResult {
  epoch: number;
  expires_at: string;
}

const findLeaseIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select epoch::float8 as \"epoch!\", expires_at::text as \"expires_at!\" from relay_lease where name = 'outbox'"};

/**
 * Query generated from SQL:
 * ```
 * select epoch::float8 as "epoch!", expires_at::text as "expires_at!" from relay_lease where name = 'outbox'
 * ```
 */
export const findLease = new PreparedQuery<FindLeaseParams,FindLeaseResult>(findLeaseIR);

/** 'FindStream' parameters type */
export type FindStreamParams = void;

/** 'FindStream' return type */
export interface FindStreamResult {
  stream: string | null;
  stream_created: string | null;
  stream_sequence: number;
}

const findStreamIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select stream, stream_created, stream_sequence::float8 as \"stream_sequence!\" from relay_lease where name = 'outbox'"};

/**
 * Query generated from SQL:
 * ```
 * select stream, stream_created, stream_sequence::float8 as "stream_sequence!" from relay_lease where name = 'outbox'
 * ```
 */
export const findStream = new PreparedQuery<FindStreamParams,FindStreamResult>(findStreamIR);

/** 'RenewLease' parameters type */
export interface RenewLeaseParams {
  epoch: number;
  holder: string;
  ttlMs: number;
}

/** 'RenewLease' return type */
export type RenewLeaseResult = void;

const renewLeaseIR: StatementSource = {"usedParamSet":{"ttlMs":true,"holder":true,"epoch":true},"params":[{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":78,"b":84}]},{"name":"holder","required":true,"transform":{"type":"scalar"},"locs":[{"a":137,"b":144}]},{"name":"epoch","required":true,"transform":{"type":"scalar"},"locs":[{"a":164,"b":170}]}],"statement":"update relay_lease\nset expires_at = clock_timestamp() + make_interval(secs => :ttlMs!::float8 / 1000)\nwhere name = 'outbox' and holder = :holder!::text and epoch = :epoch!::bigint"};

/**
 * Query generated from SQL:
 * ```
 * update relay_lease
 * set expires_at = clock_timestamp() + make_interval(secs => :ttlMs!::float8 / 1000)
 * where name = 'outbox' and holder = :holder!::text and epoch = :epoch!::bigint
 * ```
 */
export const renewLease = new PreparedQuery<RenewLeaseParams,RenewLeaseResult>(renewLeaseIR);

/** 'RecordStream' parameters type */
export interface RecordStreamParams {
  created: string;
  epoch: number;
  sequence: number;
  stream: string;
}

/** 'RecordStream' return type */
export type RecordStreamResult = void;

const recordStreamIR: StatementSource = {"usedParamSet":{"stream":true,"created":true,"sequence":true,"epoch":true},"params":[{"name":"stream","required":true,"transform":{"type":"scalar"},"locs":[{"a":32,"b":39}]},{"name":"created","required":true,"transform":{"type":"scalar"},"locs":[{"a":65,"b":73}]},{"name":"sequence","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":109}]},{"name":"epoch","required":true,"transform":{"type":"scalar"},"locs":[{"a":153,"b":159}]}],"statement":"update relay_lease\nset stream = :stream!::text, stream_created = :created!::text, stream_sequence = :sequence!::bigint\nwhere name = 'outbox' and epoch = :epoch!::bigint"};

/**
 * Query generated from SQL:
 * ```
 * update relay_lease
 * set stream = :stream!::text, stream_created = :created!::text, stream_sequence = :sequence!::bigint
 * where name = 'outbox' and epoch = :epoch!::bigint
 * ```
 */
export const recordStream = new PreparedQuery<RecordStreamParams,RecordStreamResult>(recordStreamIR);

/** 'ResetPublished' parameters type */
export interface ResetPublishedParams {
  afterSequence: number;
  epoch: number;
  limit: number;
}

/** 'ResetPublished' return type */
export interface ResetPublishedResult {
  leases: number;
  reset: number;
}

const resetPublishedIR: StatementSource = {"usedParamSet":{"epoch":true,"afterSequence":true,"limit":true},"params":[{"name":"epoch","required":true,"transform":{"type":"scalar"},"locs":[{"a":81,"b":87}]},{"name":"afterSequence","required":true,"transform":{"type":"scalar"},"locs":[{"a":200,"b":214}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":264,"b":270}]}],"statement":"with lease as (\n  select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update\n), lost as (\n  select id from outbox\n  where published_at is not null and stream_sequence > :afterSequence!::bigint\n  order by stream_sequence desc\n  limit :limit!::integer\n), reset as (\n  update outbox\n  set published_at = null, stream = null, stream_created = null, stream_sequence = null\n  from lease\n  where outbox.id in (select id from lost)\n  returning outbox.id\n)\nselect (select count(*) from lease)::integer as \"leases!\", (select count(*) from reset)::integer as \"reset!\""};

/**
 * Query generated from SQL:
 * ```
 * with lease as (
 *   select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update
 * ), lost as (
 *   select id from outbox
 *   where published_at is not null and stream_sequence > :afterSequence!::bigint
 *   order by stream_sequence desc
 *   limit :limit!::integer
 * ), reset as (
 *   update outbox
 *   set published_at = null, stream = null, stream_created = null, stream_sequence = null
 *   from lease
 *   where outbox.id in (select id from lost)
 *   returning outbox.id
 * )
 * select (select count(*) from lease)::integer as "leases!", (select count(*) from reset)::integer as "reset!"
 * ```
 */
export const resetPublished = new PreparedQuery<ResetPublishedParams,ResetPublishedResult>(resetPublishedIR);

/** 'ResetSequences' parameters type */
export interface ResetSequencesParams {
  epoch: number;
  maxAgeMs?: number | null | void;
  sequences: numberArray;
}

/** 'ResetSequences' return type */
export interface ResetSequencesResult {
  leases: number;
  reset: number;
}

const resetSequencesIR: StatementSource = {"usedParamSet":{"epoch":true,"sequences":true,"maxAgeMs":true},"params":[{"name":"epoch","required":true,"transform":{"type":"scalar"},"locs":[{"a":81,"b":87}]},{"name":"sequences","required":true,"transform":{"type":"scalar"},"locs":[{"a":299,"b":309}]},{"name":"maxAgeMs","required":false,"transform":{"type":"scalar"},"locs":[{"a":331,"b":339},{"a":405,"b":413}]}],"statement":"with lease as (\n  select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update\n), reset as (\n  update outbox\n  set published_at = null, stream = null, stream_created = null, stream_sequence = null\n  from lease\n  where published_at is not null and stream_sequence = any (:sequences!::bigint[])\n    and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))\n  returning outbox.id\n)\nselect (select count(*) from lease)::integer as \"leases!\", (select count(*) from reset)::integer as \"reset!\""};

/**
 * Query generated from SQL:
 * ```
 * with lease as (
 *   select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update
 * ), reset as (
 *   update outbox
 *   set published_at = null, stream = null, stream_created = null, stream_sequence = null
 *   from lease
 *   where published_at is not null and stream_sequence = any (:sequences!::bigint[])
 *     and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))
 *   returning outbox.id
 * )
 * select (select count(*) from lease)::integer as "leases!", (select count(*) from reset)::integer as "reset!"
 * ```
 */
export const resetSequences = new PreparedQuery<ResetSequencesParams,ResetSequencesResult>(resetSequencesIR);

/** 'ResetRange' parameters type */
export interface ResetRangeParams {
  before: number;
  epoch: number;
  from: number;
  limit: number;
  maxAgeMs?: number | null | void;
}

/** 'ResetRange' return type */
export interface ResetRangeResult {
  leases: number;
  reset: number;
}

const resetRangeIR: StatementSource = {"usedParamSet":{"epoch":true,"from":true,"before":true,"maxAgeMs":true,"limit":true},"params":[{"name":"epoch","required":true,"transform":{"type":"scalar"},"locs":[{"a":81,"b":87}]},{"name":"from","required":true,"transform":{"type":"scalar"},"locs":[{"a":201,"b":206}]},{"name":"before","required":true,"transform":{"type":"scalar"},"locs":[{"a":238,"b":245}]},{"name":"maxAgeMs","required":false,"transform":{"type":"scalar"},"locs":[{"a":264,"b":272},{"a":338,"b":346}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":405,"b":411}]}],"statement":"with lease as (\n  select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update\n), lost as (\n  select id from outbox\n  where published_at is not null and stream_sequence >= :from!::bigint and stream_sequence < :before!::bigint\n    and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))\n  order by stream_sequence desc\n  limit :limit!::integer\n), reset as (\n  update outbox\n  set published_at = null, stream = null, stream_created = null, stream_sequence = null\n  from lease\n  where outbox.id in (select id from lost)\n  returning outbox.id\n)\nselect (select count(*) from lease)::integer as \"leases!\", (select count(*) from reset)::integer as \"reset!\""};

/**
 * Query generated from SQL:
 * ```
 * with lease as (
 *   select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update
 * ), lost as (
 *   select id from outbox
 *   where published_at is not null and stream_sequence >= :from!::bigint and stream_sequence < :before!::bigint
 *     and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))
 *   order by stream_sequence desc
 *   limit :limit!::integer
 * ), reset as (
 *   update outbox
 *   set published_at = null, stream = null, stream_created = null, stream_sequence = null
 *   from lease
 *   where outbox.id in (select id from lost)
 *   returning outbox.id
 * )
 * select (select count(*) from lease)::integer as "leases!", (select count(*) from reset)::integer as "reset!"
 * ```
 */
export const resetRange = new PreparedQuery<ResetRangeParams,ResetRangeResult>(resetRangeIR);

/** 'IsBefore' parameters type */
export interface IsBeforeParams {
  id: string;
  position: number;
}

/** 'IsBefore' return type */
export interface IsBeforeResult {
  before: boolean;
}

const isBeforeIR: StatementSource = {"usedParamSet":{"id":true,"position":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":48,"b":51}]},{"name":"position","required":true,"transform":{"type":"scalar"},"locs":[{"a":74,"b":83}]}],"statement":"select exists (\n  select from outbox where id = :id!::uuid and position < :position!::bigint\n) as \"before!\""};

/**
 * Query generated from SQL:
 * ```
 * select exists (
 *   select from outbox where id = :id!::uuid and position < :position!::bigint
 * ) as "before!"
 * ```
 */
export const isBefore = new PreparedQuery<IsBeforeParams,IsBeforeResult>(isBeforeIR);

/** 'CountMarked' parameters type */
export interface CountMarkedParams {
  after: number;
  position: number;
  upTo: number;
}

/** 'CountMarked' return type */
export interface CountMarkedResult {
  marked: number;
  waiting: boolean;
}

const countMarkedIR: StatementSource = {"usedParamSet":{"after":true,"upTo":true,"position":true},"params":[{"name":"after","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":106}]},{"name":"upTo","required":true,"transform":{"type":"scalar"},"locs":[{"a":139,"b":144}]},{"name":"position","required":true,"transform":{"type":"scalar"},"locs":[{"a":284,"b":293}]}],"statement":"select\n  (\n    select count(*) from outbox\n    where published_at is not null and stream_sequence > :after!::bigint and stream_sequence <= :upTo!::bigint\n  )::integer as \"marked!\",\n  exists (\n    select from outbox\n    where published_at is null and parked_at is null and position <= :position!::bigint\n  ) as \"waiting!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   (
 *     select count(*) from outbox
 *     where published_at is not null and stream_sequence > :after!::bigint and stream_sequence <= :upTo!::bigint
 *   )::integer as "marked!",
 *   exists (
 *     select from outbox
 *     where published_at is null and parked_at is null and position <= :position!::bigint
 *   ) as "waiting!"
 * ```
 */
export const countMarked = new PreparedQuery<CountMarkedParams,CountMarkedResult>(countMarkedIR);

/** 'DeletePublished' parameters type */
export interface DeletePublishedParams {
  limit: number;
  retentionMs: number;
}

/** 'DeletePublished' return type */
export type DeletePublishedResult = void;

const deletePublishedIR: StatementSource = {"usedParamSet":{"retentionMs":true,"limit":true},"params":[{"name":"retentionMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":70,"b":82}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":202,"b":208}]}],"statement":"delete from outbox\nwhere published_at < now() - make_interval(secs => :retentionMs!::float8 / 1000)\n  and id in (\n    select id from outbox where published_at is not null order by stream_sequence limit :limit!::integer\n  )"};

/**
 * Query generated from SQL:
 * ```
 * delete from outbox
 * where published_at < now() - make_interval(secs => :retentionMs!::float8 / 1000)
 *   and id in (
 *     select id from outbox where published_at is not null order by stream_sequence limit :limit!::integer
 *   )
 * ```
 */
export const deletePublished = new PreparedQuery<DeletePublishedParams,DeletePublishedResult>(deletePublishedIR);

/** 'ListDeadEvents' parameters type */
export interface ListDeadEventsParams {
  limit: number;
}

/** 'ListDeadEvents' return type */
export interface ListDeadEventsResult {
  attempts: number;
  id: string;
  last_error: string | null;
  occurred_at: Date;
  parked_at: Date;
  type: string;
  user_id: string | null;
  waiting_behind: number;
}

const listDeadEventsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":482,"b":488}]}],"statement":"select dead.id, dead.user_id, dead.type, dead.occurred_at, dead.parked_at as \"parked_at!\", dead.attempts,\n  dead.last_error,\n  (\n    select count(*) from outbox later\n    where later.published_at is null and coalesce(later.user_id, later.id) = coalesce(dead.user_id, dead.id)\n      and later.position > dead.position\n  )::integer as \"waiting_behind!\"\nfrom outbox dead\nwhere dead.published_at is null and dead.attempts > 0 and dead.parked_at is not null\norder by dead.position\nlimit :limit!::integer"};

/**
 * Query generated from SQL:
 * ```
 * select dead.id, dead.user_id, dead.type, dead.occurred_at, dead.parked_at as "parked_at!", dead.attempts,
 *   dead.last_error,
 *   (
 *     select count(*) from outbox later
 *     where later.published_at is null and coalesce(later.user_id, later.id) = coalesce(dead.user_id, dead.id)
 *       and later.position > dead.position
 *   )::integer as "waiting_behind!"
 * from outbox dead
 * where dead.published_at is null and dead.attempts > 0 and dead.parked_at is not null
 * order by dead.position
 * limit :limit!::integer
 * ```
 */
export const listDeadEvents = new PreparedQuery<ListDeadEventsParams,ListDeadEventsResult>(listDeadEventsIR);

/** 'RequeueDeadEvents' parameters type */
export interface RequeueDeadEventsParams {
  id?: string | null | void;
}

/** 'RequeueDeadEvents' return type */
export type RequeueDeadEventsResult = void;

const requeueDeadEventsIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":false,"transform":{"type":"scalar"},"locs":[{"a":150,"b":152},{"a":176,"b":178}]}],"statement":"update outbox set attempts = 0, next_attempt_at = null, parked_at = null\nwhere published_at is null and attempts > 0 and parked_at is not null\n  and (:id::uuid is null or id = :id::uuid)"};

/**
 * Query generated from SQL:
 * ```
 * update outbox set attempts = 0, next_attempt_at = null, parked_at = null
 * where published_at is null and attempts > 0 and parked_at is not null
 *   and (:id::uuid is null or id = :id::uuid)
 * ```
 */
export const requeueDeadEvents = new PreparedQuery<RequeueDeadEventsParams,RequeueDeadEventsResult>(requeueDeadEventsIR);

/** 'DropDeadEvent' parameters type */
export interface DropDeadEventParams {
  id: string;
}

/** 'DropDeadEvent' return type */
export type DropDeadEventResult = void;

const dropDeadEventIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":98,"b":101}]}],"statement":"delete from outbox\nwhere published_at is null and attempts > 0 and parked_at is not null and id = :id!::uuid"};

/**
 * Query generated from SQL:
 * ```
 * delete from outbox
 * where published_at is null and attempts > 0 and parked_at is not null and id = :id!::uuid
 * ```
 */
export const dropDeadEvent = new PreparedQuery<DropDeadEventParams,DropDeadEventResult>(dropDeadEventIR);

/** 'FindBacklog' parameters type */
export interface FindBacklogParams {
  limit: number;
}

/** 'FindBacklog' return type */
export interface FindBacklogResult {
  dead_letters: number;
  oldest_age_ms: number;
  waiting: number;
}

const findBacklogIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":96,"b":102}]}],"statement":"select\n  (\n    select count(*) from (\n      select from outbox where published_at is null limit :limit!::integer\n    ) counted\n  )::integer as \"waiting!\",\n  (\n    select count(*) from outbox where published_at is null and attempts > 0 and parked_at is not null\n  )::integer as \"dead_letters!\",\n  coalesce((\n    select greatest(extract(epoch from now() - occurred_at) * 1000, 0) from outbox\n    where published_at is null and parked_at is null\n    order by position limit 1\n  ), 0)::float8 as \"oldest_age_ms!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   (
 *     select count(*) from (
 *       select from outbox where published_at is null limit :limit!::integer
 *     ) counted
 *   )::integer as "waiting!",
 *   (
 *     select count(*) from outbox where published_at is null and attempts > 0 and parked_at is not null
 *   )::integer as "dead_letters!",
 *   coalesce((
 *     select greatest(extract(epoch from now() - occurred_at) * 1000, 0) from outbox
 *     where published_at is null and parked_at is null
 *     order by position limit 1
 *   ), 0)::float8 as "oldest_age_ms!"
 * ```
 */
export const findBacklog = new PreparedQuery<FindBacklogParams,FindBacklogResult>(findBacklogIR);

/** 'ListEvents' parameters type */
export interface ListEventsParams {
  afterPosition: number;
  limit: number;
}

/** 'ListEvents' return type */
export interface ListEventsResult {
  data: unknown;
  id: string;
  occurred_at: Date;
  position: string;
  request_id: string;
  type: string;
  user_id: string | null;
  user_version: number | null;
}

const listEventsIR: StatementSource = {"usedParamSet":{"afterPosition":true,"limit":true},"params":[{"name":"afterPosition","required":true,"transform":{"type":"scalar"},"locs":[{"a":109,"b":123}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":157,"b":163}]}],"statement":"select id, position, user_id, user_version, type, data, request_id, occurred_at\nfrom outbox\nwhere position > :afterPosition!::bigint\norder by position\nlimit :limit!::integer"};

/**
 * Query generated from SQL:
 * ```
 * select id, position, user_id, user_version, type, data, request_id, occurred_at
 * from outbox
 * where position > :afterPosition!::bigint
 * order by position
 * limit :limit!::integer
 * ```
 */
export const listEvents = new PreparedQuery<ListEventsParams,ListEventsResult>(listEventsIR);

/** 'FindLastPosition' parameters type */
export type FindLastPositionParams = void;

/** 'FindLastPosition' return type */
export interface FindLastPositionResult {
  position: string;
}

const findLastPositionIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select coalesce(max(position), 0) as \"position!\" from outbox"};

/**
 * Query generated from SQL:
 * ```
 * select coalesce(max(position), 0) as "position!" from outbox
 * ```
 */
export const findLastPosition = new PreparedQuery<FindLastPositionParams,FindLastPositionResult>(findLastPositionIR);

/** 'FindPositionBefore' parameters type */
export interface FindPositionBeforeParams {
  ageMs: number;
}

/** 'FindPositionBefore' return type */
export interface FindPositionBeforeResult {
  position: string;
}

const findPositionBeforeIR: StatementSource = {"usedParamSet":{"ageMs":true},"params":[{"name":"ageMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":78,"b":84}]}],"statement":"select coalesce((\n  select position from outbox\n  where occurred_at < now() - :ageMs!::integer * interval '1 millisecond'\n  order by position desc limit 1\n), 0) as \"position!\""};

/**
 * Query generated from SQL:
 * ```
 * select coalesce((
 *   select position from outbox
 *   where occurred_at < now() - :ageMs!::integer * interval '1 millisecond'
 *   order by position desc limit 1
 * ), 0) as "position!"
 * ```
 */
export const findPositionBefore = new PreparedQuery<FindPositionBeforeParams,FindPositionBeforeResult>(findPositionBeforeIR);
