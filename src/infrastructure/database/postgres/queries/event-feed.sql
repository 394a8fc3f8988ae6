/* Numbers committed events that have no number, at most so many, and returns the newest number. The function is one
   transaction of its own; its row lock on the counter makes instances take turns. `models/sequencer.pml` is the protocol. */
/* @name updateUnnumberedEvents */
select numbered as "numbered!", newest::float8 as "newest!" from number_events(:limit!::integer);

/* Committed events that have no number yet, counted up to a limit, and the age of the oldest; for metrics. */
/* @name findNumberingBacklog */
select
  (
    select count(*) from (
      select from outbox where sequence is null limit :limit!::integer
    ) counted
  )::integer as "waiting!",
  coalesce((
    select greatest(extract(epoch from now() - occurred_at) * 1000, 0) from outbox
    where sequence is null
    order by position limit 1
  ), 0)::float8 as "oldest_age_ms!";

/* The bounds of the feed, and the newest event. */
/* @name findFeedBounds */
select first_sequence::float8 as "first_sequence!", last_sequence::float8 as "last_sequence!", last_event_id
from event_counter
where name = 'outbox';

/* Events behind a number, with the bounds of the feed in the same snapshot: one row without an event at least. A filter
   reads a bounded window of numbers, and the last number of the window comes with its id, so that a consumer advances
   over events that it did not ask for. */
/* @name listFeedEvents */
select counter.first_sequence::float8 as "first_sequence!", counter.last_sequence::float8 as "last_sequence!",
  case
    when counter.last_sequence = :after!::bigint then counter.last_event_id
    else (select id from outbox where sequence = :after!::bigint)
  end as "after_id?",
  case
    when counter.last_sequence <= :after!::bigint + :window!::integer then counter.last_event_id
    else (select id from outbox where sequence = :after!::bigint + :window!::integer)
  end as "window_id?",
  event.id as "id?", event.sequence::float8 as "sequence?", event.user_id as "user_id?",
  event.user_version as "user_version?", event.type as "type?", event.data as "data?",
  event.request_id as "request_id?", event.occurred_at as "occurred_at?"
from event_counter counter
left join lateral (
  select * from outbox
  where sequence > :after!::bigint and sequence <= :after!::bigint + :window!::integer
    and (:userId::uuid is null or user_id = :userId::uuid)
    and (:types::text[] is null or type = any (:types::text[]))
  order by sequence
  limit :limit!::integer
) event on true
where counter.name = 'outbox'
order by event.sequence;

/* Deletes numbered events older than the retention, published or not, where no broker is configured: at most so many,
   the oldest first. While any relay has worked within the retention, another instance may still publish them. */
/* @name deleteNumberedEvents */
delete from outbox
where occurred_at < now() - make_interval(secs => :retentionMs!::float8 / 1000)
  and id in (select id from outbox where sequence is not null order by sequence limit :limit!::integer)
  and not exists (
    select from relay_lease
    where name = 'outbox' and expires_at > now() - make_interval(secs => :retentionMs!::float8 / 1000)
  );
