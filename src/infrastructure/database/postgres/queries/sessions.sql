/* Starts a session. Called by SessionRepository.insert at each sign-in. */
/* @name insertSession */
insert into sessions (id, user_id, ip, user_agent, refresh_hash, expires_at, absolute_expires_at)
values (:id!, :userId!, :ip, :userAgent, :refreshHash!,
  now() + least(:idleTtlMs!::double precision, :absoluteTtlMs!::double precision) * interval '1 millisecond',
  now() + :absoluteTtlMs!::double precision * interval '1 millisecond')
returning (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!";

/* Whether a session accepts its access tokens. Called by SessionRepository.findLive where the revocations that this
   instance has read may be too old. */
/* @name findLiveSession */
select id, user_id, (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!"
from sessions
where id = :id! and expires_at > now();

/* A user's sessions as the user sees them. Called by SessionRepository.listLive. */
/* @name listLiveSessions */
select id, user_id, ip, user_agent, created_at, last_used_at, expires_at
from sessions
where user_id = :userId! and expires_at > now()
order by last_used_at desc, id
limit 200;

/* Makes parallel refreshes of one session take turns. The clock, not the transaction's start: who waited for the lock
   began before the rotation that it sees. Called by SessionRepository.lockForRefresh. */
/* @name lockSession */
select user_id, refresh_hash, previous_refresh_hash, sealed_successor,
  (extract(epoch from clock_timestamp() - rotated_at) * 1000)::double precision as since_rotation_ms,
  (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!"
from sessions
where id = :id! and expires_at > now()
for no key update;

/* Replaces the refresh token of a locked session and restarts its idle time. Called by SessionRepository.rotate. */
/* @name rotateSession */
update sessions
set refresh_hash = :currentHash!, previous_refresh_hash = :previousHash!, sealed_successor = :sealedSuccessor!,
  rotated_at = clock_timestamp(), last_used_at = clock_timestamp(),
  expires_at = least(now() + :idleTtlMs!::double precision * interval '1 millisecond', absolute_expires_at)
where id = :id!
returning (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!";

/* Ends the live sessions of a user: one, all but one, or all, and tells every instance through the revocations, in one
   statement, so that none can end without its revocation. Locked in id order, so that two of these cannot wait for
   each other. Called by SessionRepository.end. */
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

/* The sessions that ended lately, the newest first. Every instance calls it every half second, with a window that
   overlaps, since a revocation becomes visible only when its transaction commits. By now(), which stands still during
   the statement: with clock_timestamp() the index could not be used, and each poll would read all that are kept.
   Called by SessionRepository.listRevoked. */
/* @name listRevokedSessions */
select session_id
from session_revocations
where revoked_at > now() - :windowMs!::double precision * interval '1 millisecond'
order by revoked_at desc
limit 50000;

/* Removes expired sessions, some at a time; rows that somebody holds wait for the next round. Called by
   SessionRepository.deleteExpired. */
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

/* Removes revocations that no instance reads any more: they look back half a minute. Called by
   SessionRepository.deleteExpired. */
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
