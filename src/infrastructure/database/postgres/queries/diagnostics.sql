/* Connections to this database: those that do something first, the longest running first, then the idle ones. The text
   of a statement is cut off. */
/* @name listDatabaseActivity */
select pid as "pid!", pg_blocking_pids(pid)::text as blocked_by, application_name::text as application,
  usename::text as role, state, wait_event as waits_for,
  round(extract(epoch from clock_timestamp() - query_start)::numeric, 1)::text as seconds, left(query, 80) as statement
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
order by state = 'idle', query_start
limit 100;

/* Connections of the whole server by program, role and state. */
/* @name countConnections */
select application_name::text as application, usename::text as role, state, count(*)::text as "connections!",
  current_setting('max_connections') as "of_at_most!"
from pg_stat_activity
group by application_name, usename, state
order by count(*) desc
limit 50;

/* The largest tables, and how far autovacuum is with them. */
/* @name listTableSizes */
select relname::text as "table!", pg_size_pretty(pg_total_relation_size(relid)) as "size!",
  n_live_tup::text as live_rows, n_dead_tup::text as dead_rows, last_autovacuum::text as last_autovacuum,
  pg_size_pretty(pg_database_size(current_database())) as "of_database!"
from pg_stat_user_tables
order by pg_total_relation_size(relid) desc
limit 20;

/* Replication slots, and how much of the write-ahead log each keeps. */
/* @name listReplicationSlots */
select slot_name::text as "slot!", active::text as active,
  pg_size_pretty(pg_wal_lsn_diff(
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn)) as keeps
from pg_replication_slots
order by restart_lsn
limit 50;

/* Ends a connection to this database, with its transaction. PostgreSQL allows it for connections of the same role. */
/* @name deleteConnection */
select pg_terminate_backend(pid) as ended
from pg_stat_activity
where pid = :pid!::integer and datname = current_database() and pid <> pg_backend_pid();

/* What the outbox holds, and who publishes it. */
/* @name listOutboxState */
select (select count(*) from outbox where published_at is null and parked_at is null)::text as "waiting!",
  (select count(*) from outbox where parked_at is not null)::text as "dead_letters!",
  (select min(occurred_at) from outbox where published_at is null)::text as oldest_waiting,
  (select count(*) from outbox where published_at is not null)::text as "published_and_kept!",
  (select min(stream_sequence) from outbox where published_at is not null)::text as first_sequence,
  (select max(stream_sequence) from outbox where published_at is not null)::text as last_sequence,
  lease.holder as publishing_instance, (lease.expires_at > now())::text as lease_is_held, lease.epoch::text as epoch,
  lease.stream as stream
from (select) as always left join relay_lease lease on true
limit 10;

/* The events of one request. */
/* @name listEventsOfRequest */
select position::text as "position!", occurred_at::text as "time!", type as "type!", user_id::text as user_id,
  user_version::text as version, data::text as "data!"
from outbox
where request_id = :requestId!
order by position
limit 200;

/* Events of the last minutes by type and, where it has one, by reason. */
/* @name countRecentEvents */
select type as "type!", data ->> 'reason' as reason, count(*)::text as "events!",
  count(distinct user_id)::text as "users!"
from outbox
where occurred_at > now() - interval '10 minutes'
group by type, data ->> 'reason'
order by count(*) desc
limit 50;

/* Mail that waits, the oldest first, without recipient and content. */
/* @name listWaitingMails */
select id::text as "id!", kind as "kind!", created_at::text as "queued!", attempts::text as "attempts!",
  coalesce(due_at, next_attempt_at)::text as "next_attempt!", last_error as error
from mail_queue
where sent_at is null and failed_at is null
order by created_at
limit 50;

/* Makes waiting mail due now. Mail whose time comes within two minutes stays as it is: it may be on its way. */
/* @name markMailsDue */
update mail_queue
set due_at = case when due_at is not null then clock_timestamp() end,
  next_attempt_at = case when due_at is null then clock_timestamp() else next_attempt_at end
where sent_at is null and failed_at is null and coalesce(due_at, next_attempt_at) > now() + interval '2 minutes';
