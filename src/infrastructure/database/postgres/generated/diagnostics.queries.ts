/** Types generated for queries found in "queries/diagnostics.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'ListDatabaseActivity' parameters type */
export type ListDatabaseActivityParams = void;

/** 'ListDatabaseActivity' return type */
export interface ListDatabaseActivityResult {
  application: string | null;
  blocked_by: string | null;
  pid: number;
  role: string | null;
  seconds: string | null;
  state: string | null;
  statement: string | null;
  waits_for: string | null;
}

const listDatabaseActivityIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select pid as \"pid!\", pg_blocking_pids(pid)::text as blocked_by, application_name::text as application,\n  usename::text as role, state, wait_event as waits_for,\n  round(extract(epoch from clock_timestamp() - query_start)::numeric, 1)::text as seconds, left(query, 80) as statement\nfrom pg_stat_activity\nwhere datname = current_database() and pid <> pg_backend_pid()\norder by state = 'idle', query_start\nlimit 100"};

/**
 * Query generated from SQL:
 * ```
 * select pid as "pid!", pg_blocking_pids(pid)::text as blocked_by, application_name::text as application,
 *   usename::text as role, state, wait_event as waits_for,
 *   round(extract(epoch from clock_timestamp() - query_start)::numeric, 1)::text as seconds, left(query, 80) as statement
 * from pg_stat_activity
 * where datname = current_database() and pid <> pg_backend_pid()
 * order by state = 'idle', query_start
 * limit 100
 * ```
 */
export const listDatabaseActivity = new PreparedQuery<ListDatabaseActivityParams,ListDatabaseActivityResult>(listDatabaseActivityIR);

/** 'CountConnections' parameters type */
export type CountConnectionsParams = void;

/** 'CountConnections' return type */
export interface CountConnectionsResult {
  application: string | null;
  connections: string;
  of_at_most: string;
  role: string | null;
  state: string | null;
}

const countConnectionsIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select application_name::text as application, usename::text as role, state, count(*)::text as \"connections!\",\n  current_setting('max_connections') as \"of_at_most!\"\nfrom pg_stat_activity\ngroup by application_name, usename, state\norder by count(*) desc\nlimit 50"};

/**
 * Query generated from SQL:
 * ```
 * select application_name::text as application, usename::text as role, state, count(*)::text as "connections!",
 *   current_setting('max_connections') as "of_at_most!"
 * from pg_stat_activity
 * group by application_name, usename, state
 * order by count(*) desc
 * limit 50
 * ```
 */
export const countConnections = new PreparedQuery<CountConnectionsParams,CountConnectionsResult>(countConnectionsIR);

/** 'ListTableSizes' parameters type */
export type ListTableSizesParams = void;

/** 'ListTableSizes' return type */
export interface ListTableSizesResult {
  dead_rows: string | null;
  last_autovacuum: string | null;
  live_rows: string | null;
  of_database: string;
  size: string;
  table: string;
}

const listTableSizesIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select relname::text as \"table!\", pg_size_pretty(pg_total_relation_size(relid)) as \"size!\",\n  n_live_tup::text as live_rows, n_dead_tup::text as dead_rows, last_autovacuum::text as last_autovacuum,\n  pg_size_pretty(pg_database_size(current_database())) as \"of_database!\"\nfrom pg_stat_user_tables\norder by pg_total_relation_size(relid) desc\nlimit 20"};

/**
 * Query generated from SQL:
 * ```
 * select relname::text as "table!", pg_size_pretty(pg_total_relation_size(relid)) as "size!",
 *   n_live_tup::text as live_rows, n_dead_tup::text as dead_rows, last_autovacuum::text as last_autovacuum,
 *   pg_size_pretty(pg_database_size(current_database())) as "of_database!"
 * from pg_stat_user_tables
 * order by pg_total_relation_size(relid) desc
 * limit 20
 * ```
 */
export const listTableSizes = new PreparedQuery<ListTableSizesParams,ListTableSizesResult>(listTableSizesIR);

/** 'ListReplicationSlots' parameters type */
export type ListReplicationSlotsParams = void;

/** 'ListReplicationSlots' return type */
export interface ListReplicationSlotsResult {
  active: string | null;
  keeps: string | null;
  slot: string;
}

const listReplicationSlotsIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select slot_name::text as \"slot!\", active::text as active,\n  pg_size_pretty(pg_wal_lsn_diff(\n    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn)) as keeps\nfrom pg_replication_slots\norder by restart_lsn\nlimit 50"};

/**
 * Query generated from SQL:
 * ```
 * select slot_name::text as "slot!", active::text as active,
 *   pg_size_pretty(pg_wal_lsn_diff(
 *     case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn)) as keeps
 * from pg_replication_slots
 * order by restart_lsn
 * limit 50
 * ```
 */
export const listReplicationSlots = new PreparedQuery<ListReplicationSlotsParams,ListReplicationSlotsResult>(listReplicationSlotsIR);

/** 'DeleteConnection' parameters type */
export interface DeleteConnectionParams {
  pid: number;
}

/** 'DeleteConnection' return type */
export interface DeleteConnectionResult {
  ended: boolean | null;
}

const deleteConnectionIR: StatementSource = {"usedParamSet":{"pid":true},"params":[{"name":"pid","required":true,"transform":{"type":"scalar"},"locs":[{"a":76,"b":80}]}],"statement":"select pg_terminate_backend(pid) as ended\nfrom pg_stat_activity\nwhere pid = :pid!::integer and datname = current_database() and pid <> pg_backend_pid()"};

/**
 * Query generated from SQL:
 * ```
 * select pg_terminate_backend(pid) as ended
 * from pg_stat_activity
 * where pid = :pid!::integer and datname = current_database() and pid <> pg_backend_pid()
 * ```
 */
export const deleteConnection = new PreparedQuery<DeleteConnectionParams,DeleteConnectionResult>(deleteConnectionIR);

/** 'ListOutboxState' parameters type */
export type ListOutboxStateParams = void;

/** 'ListOutboxState' return type */
export interface ListOutboxStateResult {
  dead_letters: string;
  epoch: string | null;
  first_sequence: string | null;
  last_sequence: string | null;
  lease_is_held: string | null;
  oldest_waiting: string | null;
  published_and_kept: string;
  publishing_instance: string;
  stream: string | null;
  waiting: string;
}

const listOutboxStateIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select (select count(*) from outbox where published_at is null and parked_at is null)::text as \"waiting!\",\n  (select count(*) from outbox where parked_at is not null)::text as \"dead_letters!\",\n  (select min(occurred_at) from outbox where published_at is null)::text as oldest_waiting,\n  (select count(*) from outbox where published_at is not null)::text as \"published_and_kept!\",\n  (select min(stream_sequence) from outbox where published_at is not null)::text as first_sequence,\n  (select max(stream_sequence) from outbox where published_at is not null)::text as last_sequence,\n  lease.holder as publishing_instance, (lease.expires_at > now())::text as lease_is_held, lease.epoch::text as epoch,\n  lease.stream as stream\nfrom (select) as always left join relay_lease lease on true\nlimit 10"};

/**
 * Query generated from SQL:
 * ```
 * select (select count(*) from outbox where published_at is null and parked_at is null)::text as "waiting!",
 *   (select count(*) from outbox where parked_at is not null)::text as "dead_letters!",
 *   (select min(occurred_at) from outbox where published_at is null)::text as oldest_waiting,
 *   (select count(*) from outbox where published_at is not null)::text as "published_and_kept!",
 *   (select min(stream_sequence) from outbox where published_at is not null)::text as first_sequence,
 *   (select max(stream_sequence) from outbox where published_at is not null)::text as last_sequence,
 *   lease.holder as publishing_instance, (lease.expires_at > now())::text as lease_is_held, lease.epoch::text as epoch,
 *   lease.stream as stream
 * from (select) as always left join relay_lease lease on true
 * limit 10
 * ```
 */
export const listOutboxState = new PreparedQuery<ListOutboxStateParams,ListOutboxStateResult>(listOutboxStateIR);

/** 'ListEventsOfRequest' parameters type */
export interface ListEventsOfRequestParams {
  requestId: string;
}

/** 'ListEventsOfRequest' return type */
export interface ListEventsOfRequestResult {
  data: string;
  position: string;
  time: string;
  type: string;
  user_id: string | null;
  version: string | null;
}

const listEventsOfRequestIR: StatementSource = {"usedParamSet":{"requestId":true},"params":[{"name":"requestId","required":true,"transform":{"type":"scalar"},"locs":[{"a":197,"b":207}]}],"statement":"select position::text as \"position!\", occurred_at::text as \"time!\", type as \"type!\", user_id::text as user_id,\n  user_version::text as version, data::text as \"data!\"\nfrom outbox\nwhere request_id = :requestId!\norder by position\nlimit 200"};

/**
 * Query generated from SQL:
 * ```
 * select position::text as "position!", occurred_at::text as "time!", type as "type!", user_id::text as user_id,
 *   user_version::text as version, data::text as "data!"
 * from outbox
 * where request_id = :requestId!
 * order by position
 * limit 200
 * ```
 */
export const listEventsOfRequest = new PreparedQuery<ListEventsOfRequestParams,ListEventsOfRequestResult>(listEventsOfRequestIR);

/** 'CountRecentEvents' parameters type */
export type CountRecentEventsParams = void;

/** 'CountRecentEvents' return type */
export interface CountRecentEventsResult {
  events: string;
  reason: string | null;
  type: string;
  users: string;
}

const countRecentEventsIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select type as \"type!\", data ->> 'reason' as reason, count(*)::text as \"events!\",\n  count(distinct user_id)::text as \"users!\"\nfrom outbox\nwhere occurred_at > now() - interval '10 minutes'\ngroup by type, data ->> 'reason'\norder by count(*) desc\nlimit 50"};

/**
 * Query generated from SQL:
 * ```
 * select type as "type!", data ->> 'reason' as reason, count(*)::text as "events!",
 *   count(distinct user_id)::text as "users!"
 * from outbox
 * where occurred_at > now() - interval '10 minutes'
 * group by type, data ->> 'reason'
 * order by count(*) desc
 * limit 50
 * ```
 */
export const countRecentEvents = new PreparedQuery<CountRecentEventsParams,CountRecentEventsResult>(countRecentEventsIR);

/** 'ListWaitingMails' parameters type */
export type ListWaitingMailsParams = void;

/** 'ListWaitingMails' return type */
export interface ListWaitingMailsResult {
  attempts: string;
  error: string | null;
  id: string;
  kind: string;
  next_attempt: string;
  queued: string;
}

const listWaitingMailsIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select id::text as \"id!\", kind as \"kind!\", created_at::text as \"queued!\", attempts::text as \"attempts!\",\n  coalesce(due_at, next_attempt_at)::text as \"next_attempt!\", last_error as error\nfrom mail_queue\nwhere sent_at is null and failed_at is null\norder by created_at\nlimit 50"};

/**
 * Query generated from SQL:
 * ```
 * select id::text as "id!", kind as "kind!", created_at::text as "queued!", attempts::text as "attempts!",
 *   coalesce(due_at, next_attempt_at)::text as "next_attempt!", last_error as error
 * from mail_queue
 * where sent_at is null and failed_at is null
 * order by created_at
 * limit 50
 * ```
 */
export const listWaitingMails = new PreparedQuery<ListWaitingMailsParams,ListWaitingMailsResult>(listWaitingMailsIR);

/** 'MarkMailsDue' parameters type */
export type MarkMailsDueParams = void;

/** 'MarkMailsDue' return type */
export type MarkMailsDueResult = void;

const markMailsDueIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"update mail_queue\nset due_at = case when due_at is not null then clock_timestamp() end,\n  next_attempt_at = case when due_at is null then clock_timestamp() else next_attempt_at end\nwhere sent_at is null and failed_at is null and coalesce(due_at, next_attempt_at) > now() + interval '2 minutes'"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set due_at = case when due_at is not null then clock_timestamp() end,
 *   next_attempt_at = case when due_at is null then clock_timestamp() else next_attempt_at end
 * where sent_at is null and failed_at is null and coalesce(due_at, next_attempt_at) > now() + interval '2 minutes'
 * ```
 */
export const markMailsDue = new PreparedQuery<MarkMailsDueParams,MarkMailsDueResult>(markMailsDueIR);
