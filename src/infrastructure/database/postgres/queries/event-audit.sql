/* What the feed keeps, where its history begins after a restore, and how much waits. Before the first numbered event there
   is no counter. */
/* @name findAuditBounds */
select coalesce(first_sequence, 1)::float8 as "first_sequence!", coalesce(restored_sequence, 0)::float8 as "restored_sequence!",
  (
    select count(*) from (
      select from outbox where published_at is null limit :limit!::integer
    ) counted
  )::integer as "waiting!"
from (select) always
left join event_counter on name = 'outbox';

/* The places of events in the stream, by their marks. An unknown id gives no row. */
/* @name listEventMarks */
select id, stream_sequence::float8 as "stream_sequence?"
from outbox
where id = any(:ids!::uuid[]);

/* Events that are marked with a sequence of a range. */
/* @name listMarkedEvents */
select id, user_id, user_version, type, stream_sequence::float8 as "stream_sequence!"
from outbox
where published_at is not null and stream_sequence >= :first!::bigint and stream_sequence <= :last!::bigint
order by stream_sequence
limit :limit!::integer;

/* Events that are marked before the first message of the stream although they have not expired, up to a bound. */
/* @name countMarkedBefore */
select count(*)::integer as "count!"
from (
  select from outbox
  where published_at is not null and stream_sequence < :before!::bigint
    and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))
  limit :limit!::integer
) counted;

/* Begins a resync, unless one is unfinished: numbers go on so far above the old ones that none is given twice, positions
   before them are gone, and the version lies above every one that may have been published, as far as it can rise.
   Webhooks go on behind the gap; events that have no deliveries yet are skipped. */
/* @name beginRestoration */
with begun as (
  insert into event_counter as counter
    (name, last_sequence, first_sequence, restored_sequence, restored_version, restoring_since)
  select 'outbox', last + :numbers!::bigint, last + :numbers!::bigint + 1, last + :numbers!::bigint + 1,
    (select least(coalesce(max(version), 0)::bigint + :versions!::integer, 2147483647)::integer from users), now()
  from (select coalesce(max(sequence), 0) as last from outbox) numbered
  on conflict (name) do update
  set last_sequence = counter.last_sequence + :numbers!::bigint,
    first_sequence = counter.last_sequence + :numbers!::bigint + 1,
    restored_sequence = counter.last_sequence + :numbers!::bigint + 1,
    last_event_id = null,
    restored_version = excluded.restored_version,
    restoring_since = excluded.restoring_since
  where counter.restoring_since is null
  returning last_sequence
)
update webhook_endpoints
set skipped_events = skipped_events + greatest(begun.last_sequence - :numbers!::bigint - queued_sequence, 0),
  queued_sequence = begun.last_sequence
from begun;

/* The unfinished resync. */
/* @name findRestoration */
select restored_version as "version!", restored_sequence::float8 as "sequence!", restoring_since as "since!"
from event_counter
where name = 'outbox' and restoring_since is not null;

/* The next start begins another one. */
/* @name finishRestoration */
update event_counter set restoring_since = null where name = 'outbox';

/* Which of these users exist, or have a deletion that waits to be published. */
/* @name listKnownUsers */
select id as "id!" from users where id = any(:ids!::uuid[])
union
select user_id from outbox
where published_at is null and coalesce(user_id, id) = any(:ids!::uuid[]) and type = 'user.deleted';
