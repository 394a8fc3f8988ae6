/* Returns how long the session lives by the database's clock: the clocks of the instances may differ from it. The default
   of authenticated_at is the time of the transaction. A session begins in the second after the last one whose tokens are
   void, so that its first token is not. */
/* @name insertSession */
insert into sessions (id, user_id, ip, user_agent, refresh_hash, created_at, expires_at, absolute_expires_at)
values (:id!, :userId!, :ip, :userAgent, :refreshHash!,
  greatest(clock_timestamp(), to_timestamp(1 + (
    select max(not_before) from session_revocations
    where kind in ('user', 'all') and (kind = 'all' or user_id = :userId!)
  ))),
  now() + least(:idleTtlMs!::double precision, :absoluteTtlMs!::double precision) * interval '1 millisecond',
  now() + :absoluteTtlMs!::double precision * interval '1 millisecond')
returning (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!",
  floor(extract(epoch from authenticated_at))::double precision as "authenticated_at!",
  floor(extract(epoch from created_at))::double precision as "issued_at!";

/* Reads the state of the sessions themselves. Needed when the revocations that an instance has read may be too old. A user
   who is not active has no live session, and no session lives that began before all tokens were revoked. A session
   from before authenticated_at existed began with its only authentication. */
/* @name findLiveSessions */
select sessions.id, user_id, (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!",
  (extract(epoch from clock_timestamp() - coalesce(authenticated_at, sessions.created_at)) * 1000)::double precision
    as "since_authentication_ms!"
from sessions
join users on users.id = sessions.user_id
where sessions.id = any(:ids!::uuid[]) and expires_at > now() and users.status = 'active'
  and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true);

/* The id breaks ties, so that the order is stable. */
/* @name listLiveSessions */
select id, user_id, ip, user_agent, created_at, last_used_at, expires_at
from sessions
where user_id = :userId! and expires_at > now()
  and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)
order by last_used_at desc, id
limit 200;

/* The common refresh in one statement: rotates the token that is current. Sent with its commit, so it must not wait for a
   lock: a late commit counts as one that the server does not confirm. While another transaction holds the row it returns
   no row, as for any other token, and lockSession waits. A row that changed meanwhile is compared again once it is locked.
   The idle time starts again, but never extends past absolute_expires_at. authenticated_at stays: a refresh proves no
   password. */
/* @name rotateCurrentSession */
update sessions
set refresh_hash = :currentHash!, previous_refresh_hash = :previousHash!, sealed_successor = :sealedSuccessor!,
  rotated_at = clock_timestamp(), last_used_at = clock_timestamp(),
  expires_at = least(now() + :idleTtlMs!::double precision * interval '1 millisecond', absolute_expires_at)
where id = (
  select id
  from sessions
  where id = :id! and refresh_hash = :previousHash! and expires_at > now()
    and exists (select from users where users.id = sessions.user_id and users.status = 'active')
    and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)
  for no key update of sessions skip locked
)
returning user_id, (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!",
  floor(extract(epoch from coalesce(authenticated_at, created_at)))::double precision as "authenticated_at!",
  floor(extract(epoch from greatest(clock_timestamp(), created_at)))::double precision as "issued_at!";

/* Serializes parallel refreshes of one session. Uses clock_timestamp() instead of now(): a transaction that waited for
   the lock started before the rotation that it sees. The clock may have been set since the rotation, so rotated_before
   tells whether its transaction was visible in an earlier snapshot; only a rotation updates a session's row. xmin has
   the low 32 bits of that transaction's id, which may be above those of this statement's snapshot. */
/* @name lockSession */
select user_id, refresh_hash, previous_refresh_hash, sealed_successor,
  (extract(epoch from clock_timestamp() - rotated_at) * 1000)::double precision as since_rotation_ms,
  pg_visible_in_snapshot(
    (newest - mod(newest - xmin::text::bigint, 4294967296))::text::xid8, :earlier::text::pg_snapshot) as rotated_before,
  (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!",
  floor(extract(epoch from coalesce(authenticated_at, created_at)))::double precision as "authenticated_at!",
  floor(extract(epoch from greatest(clock_timestamp(), created_at)))::double precision as "issued_at!"
from sessions, cast(pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 2147483648 as bigint) as newest
where id = :id! and expires_at > now()
  and exists (select from users where users.id = sessions.user_id and users.status = 'active')
  and coalesce(sessions.created_at > (select max(revoked_at) from session_revocations where kind = 'all'), true)
for no key update of sessions;

/* Needs the row locked by lockSession. The idle time starts again, but never extends past absolute_expires_at. */
/* @name rotateSession */
update sessions
set refresh_hash = :currentHash!, previous_refresh_hash = :previousHash!, sealed_successor = :sealedSuccessor!,
  rotated_at = clock_timestamp(), last_used_at = clock_timestamp(),
  expires_at = least(now() + :idleTtlMs!::double precision * interval '1 millisecond', absolute_expires_at)
where id = :id!
returning (extract(epoch from expires_at - now()) * 1000)::double precision as "remaining_ms!";

/* Ends one or all live sessions of a user, a bounded number at a time in the order of ids, which no refresh changes. The
   statement also inserts their events; the trigger of the deletion inserts their revocations, which every instance
   reads. The deletion reads a range of the index: a join would tempt the planner to read the whole table for each piece.
   The id of an event is a start, which the caller makes for each piece, and a number of 8 decimal digits: the index takes
   ids in order faster than random ones. `examined` includes expired sessions, which stay. The first piece of all sessions
   of a user revokes all tokens of the user where more than ten end: one entry then stands for all. A session may begin
   in the next second, so that its tokens are later than an earlier revocation. */
/* @name endSessions */
with selected as materialized (
  select id
  from sessions
  where user_id = :userId! and id > :afterId! and (:only::uuid is null or id = :only)
  order by id
  limit :limit!
), ended as (
  delete from sessions
  where user_id = :userId! and id > :afterId! and id <= (select id from selected order by id desc limit 1)
    and (:only::uuid is null or id = :only) and expires_at > now()
  returning id, created_at
), voided as (
  insert into session_revocations (session_id, user_id, kind, not_before)
  select gen_random_uuid(), :userId!, 'user',
    floor(extract(epoch from greatest(clock_timestamp(), (select max(created_at) from ended))))
  where :revokesUser! and (select count(*) from ended) > 10
  returning not_before
), recorded as (
  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
  select (:eventIdStart!::text || (10000000 + row_number() over (order by id)))::uuid, :userId!::uuid,
    :userVersion!::integer, 'session.ended', jsonb_build_object('session_id', id, 'reason', :reason!::text),
    :requestId!::text, :occurredAt!::timestamptz
  from ended
  order by id
)
select (select count(*) from ended)::integer as "count!",
  array(select id from ended order by id limit :listed!) as "session_ids!",
  floor(extract(epoch from clock_timestamp()))::double precision as "ended_at!",
  (select not_before from voided)::double precision as not_before,
  (select count(*) from selected)::integer as "examined!",
  (select id from selected order by id desc limit 1) as last_id;

/* After further pieces: a session that was not deleted yet may have got a token meanwhile. */
/* @name updateVoidTokensOfUser */
update session_revocations
set revoked_at = clock_timestamp(),
  not_before = greatest(not_before, floor(extract(epoch from clock_timestamp())))
where kind = 'user' and user_id = :userId! and transaction_id = pg_current_xact_id()
returning not_before::double precision as "not_before!";

/* Ends the sessions beyond the given number, as endSessions does. The last used ones stay. */
/* @name endSurplusSessions */
with selected as (
  select id
  from sessions
  where user_id = :userId! and expires_at > now()
  order by last_used_at desc, id
  offset :keep!
  limit :limit!
), ended as (
  delete from sessions
  where id = any(array(select id from selected))
  returning id
), recorded as (
  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
  select make_event_id(), :userId!::uuid, :userVersion!::integer, 'session.ended',
    jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, :occurredAt!::timestamptz
  from ended
  order by id
)
select id, floor(extract(epoch from clock_timestamp()))::double precision as "ended_at!" from ended order by id;

/* Revokes all tokens. A refresh that runs meanwhile may issue a token until the commit, so the second after this one
   counts as well. The time is not before that of sessions that began in the second after an earlier revocation. */
/* @name insertRevocationOfAll */
insert into session_revocations (session_id, user_id, kind, revoked_at, not_before)
select gen_random_uuid(), '00000000-0000-0000-0000-000000000000', 'all', at, floor(extract(epoch from at)) + 1
from (
  select greatest(clock_timestamp(), to_timestamp(1 + max(not_before))) as at
  from session_revocations
  where kind in ('user', 'all')
) revocation
returning not_before::double precision as "not_before!";

/* Ends sessions that began before all tokens were revoked, at most so many, with their events. Locked rows are left to
   the next call, so that it waits for no other transaction. The rows are read one by one, so nothing is read once a day
   has passed. */
/* @name deleteRevokedSessions */
with revocation as materialized (
  select max(revoked_at) as revoked_at from session_revocations
  where kind = 'all' and revoked_at > now() - interval '1 day'
), selected as materialized (
  select sessions.id, user_id, coalesce(users.version, 1) as version
  from sessions
  join users on users.id = user_id
  where sessions.created_at <= (select revoked_at from revocation) and expires_at > now()
  limit :limit!
  for no key update of users skip locked
), ended as (
  delete from sessions using selected
  where sessions.id = selected.id
  returning sessions.id, sessions.user_id, selected.version
), recorded as (
  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
  select make_event_id(), user_id, version, 'session.ended',
    jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, clock_timestamp()
  from ended
  order by id
)
select count(*)::integer as "count!" from ended;

/* Every instance polls it every half second. Returns the revocations that became visible since the snapshot of the
   previous poll, whatever the clocks say and however long a commit took; none without a previous snapshot. Rows that
   were restored from another server may bear transaction ids of the future: they are left out. The other columns tell
   whether the same server answers, and what its clock says. */
/* @name listRevokedSessions */
select pg_current_snapshot()::text as "snapshot!",
  coalesce(pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax(:previous::text::pg_snapshot), false) as "is_behind!",
  extract(epoch from pg_postmaster_start_time())::text as "server_started!",
  (extract(epoch from clock_timestamp()) * 1000)::double precision as "database_time_ms!",
  array(
    select session_id
    from session_revocations
    where transaction_id >= pg_snapshot_xmin(:previous::text::pg_snapshot)
      and transaction_id < pg_snapshot_xmax(pg_current_snapshot())
      and not pg_visible_in_snapshot(transaction_id, :previous::text::pg_snapshot)
    limit :limit!
  ) as "session_ids!",
  exists(
    select from session_revocations
    where kind = 'all' and transaction_id >= pg_snapshot_xmin(:previous::text::pg_snapshot)
      and not pg_visible_in_snapshot(transaction_id, :previous::text::pg_snapshot)
  ) as "all_revoked!";

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

/* Deletes in batches. Only revocations that were visible in an earlier snapshot are deleted, so that every instance has
   had the time since then to read them: revoked_at alone would not do, since a commit may take place long after it and
   the clock may be set. Rows restored from another server are read by no instance. The order is that of an index, and
   that of time but for a clock that was set: the oldest come first. A revocation of all tokens stays: it tells until when
   sessions must have begun to be live. */
/* @name deleteOldRevocations */
delete from session_revocations
where session_id = any(array(
  select session_id
  from session_revocations
  where revoked_at < now() - interval '70 minutes' and kind <> 'all'
    and (transaction_id is null
      or pg_visible_in_snapshot(transaction_id, :seenIn!::text::pg_snapshot)
      or transaction_id >= pg_snapshot_xmax(pg_current_snapshot()))
  order by transaction_id
  limit :limit!
  for update skip locked
));
