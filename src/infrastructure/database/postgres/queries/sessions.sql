/* Returns how long the session lives by the database's clock: the clocks of the instances may differ from it. */
/* @name insertSession */
insert into sessions (id, user_id, ip, user_agent, refresh_hash, expires_at, absolute_expires_at)
values (:id!, :userId!, :ip, :userAgent, :refreshHash!,
  now() + least(:idleTtlMs!::double precision, :absoluteTtlMs!::double precision) * interval '1 millisecond',
  now() + :absoluteTtlMs!::double precision * interval '1 millisecond')
returning (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!";

/* Reads the state of one session itself. Needed when the revocations that an instance has read may be too old. */
/* @name findLiveSession */
select id, user_id, (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!"
from sessions
where id = :id! and expires_at > now();

/* The id breaks ties, so that the order is stable. */
/* @name listLiveSessions */
select id, user_id, ip, user_agent, created_at, last_used_at, expires_at
from sessions
where user_id = :userId! and expires_at > now()
order by last_used_at desc, id
limit 200;

/* Serializes parallel refreshes of one session. Uses clock_timestamp() instead of now(): a transaction that waited for
   the lock started before the rotation that it sees. */
/* @name lockSession */
select user_id, refresh_hash, previous_refresh_hash, sealed_successor,
  (extract(epoch from clock_timestamp() - rotated_at) * 1000)::double precision as since_rotation_ms,
  (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!"
from sessions
where id = :id! and expires_at > now()
for no key update;

/* Needs the row locked by lockSession. The idle time starts again, but never extends past absolute_expires_at. */
/* @name rotateSession */
update sessions
set refresh_hash = :currentHash!, previous_refresh_hash = :previousHash!, sealed_successor = :sealedSuccessor!,
  rotated_at = clock_timestamp(), last_used_at = clock_timestamp(),
  expires_at = least(now() + :idleTtlMs!::double precision * interval '1 millisecond', absolute_expires_at)
where id = :id!
returning (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!";

/* Ends one, all but one, or all live sessions of a user and inserts their revocations, which every instance reads. One
   statement does both, so that no session ends without its revocation. Locks in id order, so that two calls cannot
   deadlock. */
/* @name endSessions */
with selected as (
  select id
  from sessions
  where user_id = :userId! and expires_at > now()
    and (:only::uuid is null or id = :only)
    and (:except::uuid is null or id <> :except)
  order by id
  for update
), ended as (
  delete from sessions
  using selected
  where sessions.id = selected.id
  returning sessions.id, sessions.user_id
)
insert into session_revocations (session_id, user_id)
select id, user_id from ended
returning session_id;

/* Every instance polls it every half second, newest first. The windows overlap, since a revocation becomes visible only
   when its transaction commits. Uses now(), which is constant during the statement: with clock_timestamp() the index
   could not be used, and each poll would read all revocations that are kept. */
/* @name listRevokedSessions */
select session_id
from session_revocations
where revoked_at > now() - :windowMs!::double precision * interval '1 millisecond'
order by revoked_at desc
limit 50000;

/* Deletes in batches, oldest first. Locked rows are skipped and left to the next round. */
/* @name deleteExpiredSessions */
delete from sessions
where id = any(array(
  select id
  from sessions
  where expires_at <= now()
  order by expires_at
  limit :limit!
  for update skip locked
));

/* Deletes in batches. Instances look back half a minute, so that none reads a revocation that is an hour old. */
/* @name deleteOldRevocations */
delete from session_revocations
where session_id = any(array(
  select session_id
  from session_revocations
  where revoked_at < now() - interval '1 hour'
  order by revoked_at
  limit :limit!
  for update skip locked
));
