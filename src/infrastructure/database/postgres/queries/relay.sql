/* Waiting events behind a place, user by user and in their order within a user. It reads the entries of one index in
   their order, so its cost is that of the events it returns, however many wait. An event without a user depends on no
   other: its own id is its key. No lock is needed, since only the holder of the lease publishes. Committed events get
   their numbers first; one that has none yet is held. */
/* @name claimEvents */
select id as "id!", position as "position!", user_id, user_version, type as "type!", data as "data!",
  request_id as "request_id!", occurred_at as "occurred_at!", attempts as "attempts!", sequence::float8 as "sequence",
  coalesce(user_id, id) as "user_key!",
  (extract(epoch from now() - occurred_at) * 1000)::float8 as "age_ms!",
  sequence is null or (
    attempts > 0 and (
      parked_at is not null
      -- A pause is a minute at most: one that ends later is an effect of a clock that was set back.
      or (next_attempt_at > now() and next_attempt_at < now() + interval '2 minutes')
    )
  ) is true as "is_held!"
from claim_events(:afterKey!::uuid, :afterPosition!::bigint, :limit!::integer);

/* Marks acknowledged events, if this epoch still holds the lease. The row lock on the lease keeps another instance from
   acquiring it until the marks are committed. A recorded sequence below the one that the caller knows stays as it is: the
   database was replaced by one that lacks the last marks, and the caller looks in the stream from there on. */
/* @name markPublished */
with lease as (
  update relay_lease
  set stream_sequence = case
    when stream_sequence < :knownSequence!::bigint then stream_sequence
    else greatest(stream_sequence, :highest!::bigint)
  end
  where name = 'outbox' and epoch = :epoch!::bigint
  returning stream, stream_created, stream_sequence
), marked as (
  update outbox
  set published_at = now(), stream = lease.stream, stream_created = lease.stream_created,
    stream_sequence = acknowledged.sequence, next_attempt_at = null, parked_at = null, last_error = null
  from lease, jsonb_to_recordset(:acknowledged!::jsonb) as acknowledged (id uuid, sequence bigint)
  where outbox.id = acknowledged.id and outbox.published_at is null
  returning outbox.id
)
select (select count(*) from lease)::integer as "leases!", (select count(*) from marked)::integer as "marked!",
  (select stream_sequence from lease)::float8 as "stream_sequence?";

/* Records a refused attempt, if this epoch still holds the lease. */
/* @name markFailed */
with lease as (
  select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update
), marked as (
  update outbox
  set attempts = outbox.attempts + 1, next_attempt_at = now() + make_interval(secs => :delayMs!::float8 / 1000),
    last_error = :reason!::text, parked_at = case when :deadLetter!::boolean then now() end
  from lease
  where outbox.id = :id!::uuid and outbox.published_at is null
  returning outbox.id
)
select (select count(*) from lease)::integer as "leases!";

/* Acquires the lease under a higher epoch once it has expired. A lease that the caller saw unrenewed for its whole
   lifetime has expired too, whatever its time says: the clock may have been set back. */
/* @name acquireLease */
insert into relay_lease as lease (name, holder, epoch, expires_at)
values ('outbox', :holder!::text, 1, clock_timestamp() + make_interval(secs => :ttlMs!::float8 / 1000))
on conflict (name) do update
set holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at
where lease.expires_at < clock_timestamp()
  or (lease.epoch = :seenEpoch::bigint and lease.expires_at = :seenExpiresAt::text::timestamptz)
returning epoch::float8 as "epoch!", stream, stream_created, stream_sequence::float8 as "stream_sequence!";

/* The present lease, to see whether its holder renews it. */
/* @name findLease */
select epoch::float8 as "epoch!", expires_at::text as "expires_at!" from relay_lease where name = 'outbox';

/* The stream as the database knows it, after a failure that may have replaced the database. */
/* @name findStream */
select stream, stream_created, stream_sequence::float8 as "stream_sequence!" from relay_lease where name = 'outbox';

/* Extends the lease, unless another instance acquired it meanwhile. A time of 0 releases it. */
/* @name renewLease */
update relay_lease
set expires_at = clock_timestamp() + make_interval(secs => :ttlMs!::float8 / 1000)
where name = 'outbox' and holder = :holder!::text and epoch = :epoch!::bigint;

/* Records the stream and the highest marked sequence, if this epoch still holds the lease. */
/* @name recordStream */
update relay_lease
set stream = :stream!::text, stream_created = :created!::text, stream_sequence = :sequence!::bigint
where name = 'outbox' and epoch = :epoch!::bigint;

/* Makes published events that the stream lost wait again, a bounded number at a time, the last ones first. */
/* @name resetPublished */
with lease as (
  select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update
), lost as (
  select id from outbox
  where published_at is not null and stream_sequence > :afterSequence!::bigint
  order by stream_sequence desc
  limit :limit!::integer
), reset as (
  update outbox
  set published_at = null, stream = null, stream_created = null, stream_sequence = null
  from lease
  where outbox.id in (select id from lost)
  returning outbox.id
)
select (select count(*) from lease)::integer as "leases!", (select count(*) from reset)::integer as "reset!";

/* Makes published events wait again of which the stream has lost these sequences. Events published longer ago than the
   age have expired in the stream. */
/* @name resetSequences */
with lease as (
  select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update
), reset as (
  update outbox
  set published_at = null, stream = null, stream_created = null, stream_sequence = null
  from lease
  where published_at is not null and stream_sequence = any (:sequences!::bigint[])
    and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))
  returning outbox.id
)
select (select count(*) from lease)::integer as "leases!", (select count(*) from reset)::integer as "reset!";

/* The same for a range of sequences, a bounded number at a time. */
/* @name resetRange */
with lease as (
  select name from relay_lease where name = 'outbox' and epoch = :epoch!::bigint for update
), lost as (
  select id from outbox
  where published_at is not null and stream_sequence >= :from!::bigint and stream_sequence < :before!::bigint
    and (:maxAgeMs::float8 is null or published_at > now() - make_interval(secs => :maxAgeMs::float8 / 1000))
  order by stream_sequence desc
  limit :limit!::integer
), reset as (
  update outbox
  set published_at = null, stream = null, stream_created = null, stream_sequence = null
  from lease
  where outbox.id in (select id from lost)
  returning outbox.id
)
select (select count(*) from lease)::integer as "leases!", (select count(*) from reset)::integer as "reset!";

/* Whether an event was committed before a position. */
/* @name isBefore */
select exists (
  select from outbox where id = :id!::uuid and position < :position!::bigint
) as "before!";

/* How much of a range of the stream is known, once no earlier event waits that may be in it unmarked. */
/* @name countMarked */
select
  (
    select count(*) from outbox
    where published_at is not null and stream_sequence > :after!::bigint and stream_sequence <= :upTo!::bigint
  )::integer as "marked!",
  exists (
    select from outbox
    where published_at is null and parked_at is null and position <= :position!::bigint
  ) as "waiting!";

/* Deletes events published before the retention, a bounded number at a time. Sequences follow the time of publishing,
   so the oldest events come first and the rest is not read. */
/* @name deletePublished */
delete from outbox
where published_at < now() - make_interval(secs => :retentionMs!::float8 / 1000)
  and id in (
    select id from outbox where published_at is not null order by stream_sequence limit :limit!::integer
  );

/* Dead letters, each with the number of later events of its user that wait for it. `attempts > 0` is implied by
   parked_at and makes the query use the partial index on failed events. */
/* @name listDeadEvents */
select dead.id, dead.user_id, dead.type, dead.occurred_at, dead.parked_at as "parked_at!", dead.attempts,
  dead.last_error,
  (
    select count(*) from outbox later
    where later.published_at is null and coalesce(later.user_id, later.id) = coalesce(dead.user_id, dead.id)
      and later.position > dead.position
  )::integer as "waiting_behind!"
from outbox dead
where dead.published_at is null and dead.attempts > 0 and dead.parked_at is not null
order by dead.position
limit :limit!::integer;

/* Makes one dead letter due, or all for null, with no attempt counted. */
/* @name requeueDeadEvents */
update outbox set attempts = 0, next_attempt_at = null, parked_at = null
where published_at is null and attempts > 0 and parked_at is not null
  and (:id::uuid is null or id = :id::uuid);

/* Deletes a dead letter: it never reaches the stream. */
/* @name dropDeadEvent */
delete from outbox
where published_at is null and attempts > 0 and parked_at is not null and id = :id!::uuid;

/* The number of waiting events up to a bound, of dead letters, and the age of the oldest waiting event. */
/* @name findBacklog */
select
  (
    select count(*) from (
      select from outbox where published_at is null limit :limit!::integer
    ) counted
  )::integer as "waiting!",
  (
    select count(*) from outbox where published_at is null and attempts > 0 and parked_at is not null
  )::integer as "dead_letters!",
  coalesce((
    select greatest(extract(epoch from now() - occurred_at) * 1000, 0) from outbox
    where published_at is null and parked_at is null
    order by position limit 1
  ), 0)::float8 as "oldest_age_ms!";

/* Events after a position, published or not. */
/* @name listEvents */
select id, position, user_id, user_version, type, data, request_id, occurred_at
from outbox
where position > :afterPosition!::bigint
order by position
limit :limit!::integer;

/* The highest position, 0 when there is none. */
/* @name findLastPosition */
select coalesce(max(position), 0) as "position!" from outbox;

/* The last position of an event older than this, 0 when there is none. It reads from the newest event back to the first
   old one. */
/* @name findPositionBefore */
select coalesce((
  select position from outbox
  where occurred_at < now() - :ageMs!::integer * interval '1 millisecond'
  order by position desc limit 1
), 0) as "position!";
