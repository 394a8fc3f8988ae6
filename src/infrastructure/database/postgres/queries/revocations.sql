/* Numbers committed revocations that have no number, at most so many, and returns the newest number. */
/* @name updateUnnumberedRevocations */
select numbered as "numbered!", newest::float8 as "newest!" from number_revocations(:limit!::integer);

/* Revocations behind a number, up to `through`, with the newest number in the same snapshot: one row without a revocation
   at least. Those that can concern no valid token are left out. */
/* @name listRevocations */
select counter.last_sequence::float8 as "last_sequence!", counter.last_event_id as "last_id?",
  case
    when counter.last_sequence = :after!::bigint then counter.last_event_id
    else (select session_id from session_revocations where sequence = :after!::bigint)
  end as "after_id?",
  entry.session_id as "id?", entry.sequence::float8 as "sequence?", entry.kind as "kind?", entry.user_id as "user_id?",
  entry.not_before as "not_before?"
from (
  select coalesce(max(last_sequence), 0) as last_sequence, (array_agg(last_event_id))[1] as last_event_id
  from event_counter
  where name = 'revocations'
) counter
left join lateral (
  select session_id, sequence::float8 as sequence, kind, user_id,
    coalesce(not_before, floor(extract(epoch from revoked_at)))::float8 as not_before
  from session_revocations
  where sequence > :after!::bigint and (:through::bigint is null or sequence <= :through::bigint)
    and revoked_at > now() - :lifeMs!::float8 * interval '1 millisecond'
  order by session_revocations.sequence
  limit :limit!::integer
) entry on true
order by entry.sequence;
