/* What lives and was sealed or authenticated under a master key before a time; all of it for null. Each count ends at
   :most, so that a large table is not read for an exact number. */
/* @name countSealedRows */
select
  (select count(*) from (
    select from sessions
    where expires_at > now() and coalesce(rotated_at, created_at) < coalesce(:before::timestamptz, 'infinity')
    limit :most!::integer
  ) as counted)::integer as "sessions!",
  (select count(*) from (
    select from mail_queue
    where sent_at is null and sealed_content is not null and created_at < coalesce(:before::timestamptz, 'infinity')
    limit :most!::integer
  ) as counted)::integer as "mails!",
  (select count(*) from (
    select from idempotency_keys
    where created_at < coalesce(:before::timestamptz, 'infinity')
    limit :most!::integer
  ) as counted)::integer as "answers!",
  (select count(*) from (
    select from challenges
    where consumed_at is null and expires_at > clock_timestamp()
      and created_at < coalesce(:before::timestamptz, 'infinity')
    limit :most!::integer
  ) as counted)::integer as "challenges!",
  (select count(*) from (
    select from invitations
    where expires_at > clock_timestamp() and created_at < coalesce(:before::timestamptz, 'infinity')
    limit :most!::integer
  ) as counted)::integer as "invitations!";

/* Ends live sessions of all users, a bounded number at a time in the order of their ids. The users are locked first, in
   one order, as by every statement that ends sessions. The trigger of the deletion inserts the revocations. `examined`
   includes expired sessions, which stay. */
/* @name deleteSessionsOfAllUsers */
with selected as materialized (
  select id, user_id from sessions where id > :afterId! order by id limit :limit!
), locked as materialized (
  select id, coalesce(version, 1) as version
  from users
  where id in (select user_id from selected)
  order by id
  for no key update
), ended as (
  delete from sessions using locked
  where sessions.id = any(array(select id from selected)) and sessions.user_id = locked.id and expires_at > now()
  returning sessions.id, sessions.user_id, locked.version
), recorded as (
  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
  select make_event_id(), user_id, version, 'session.ended',
    jsonb_build_object('session_id', id, 'reason', :reason!::text), :requestId!::text, clock_timestamp()
  from ended
  order by id
)
select (select count(*) from ended)::integer as "count!", (select count(*) from selected)::integer as "examined!",
  (select id from selected order by id desc limit 1) as last_id;

/* Makes waiting mails dead letters whose content cannot be opened; dead letters lose such content. */
/* @name markUnreadableMails */
update mail_queue
set failed_at = coalesce(failed_at, clock_timestamp()), last_error = :error!, sealed_content = null
where id in (
  select id from mail_queue where sent_at is null and sealed_content is not null limit :limit!::integer
);

/* Ends challenges whose links and codes cannot be recognised. */
/* @name markChallengesExpired */
update challenges
set expires_at = clock_timestamp()
where id in (
  select id from challenges
  where consumed_at is null and expires_at > clock_timestamp()
  limit :limit!::integer
);

/* Connections of this role to this database by other programs than the one that uses these names. A name is compared in
   the form that the server keeps: it cuts names, and replaces characters in a way that depends on its version. The setting
   is changed until the end of the statement. */
/* @name listConnectionsOfOthers */
with own_names as materialized (
  select set_config('application_name', sent_name, true)::name::text as name
  from unnest(:ownNames!::text[]) as sent_name
)
select pid as "pid!", application_name as "application!"
from pg_stat_activity
where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
  and application_name not in (select name from own_names)
order by pid
limit 100;

/* An instance seals with the master key of this fingerprint now. */
/* @name insertMasterKeyUse */
insert into master_key_uses (fingerprint, last_used_at) values (:fingerprint!, clock_timestamp())
on conflict (fingerprint) do update set last_used_at = excluded.last_used_at;

/* @name findMasterKeyUse */
select last_used_at,
  (extract(epoch from clock_timestamp() - last_used_at) * 1000)::double precision as "age_ms!"
from master_key_uses
where fingerprint = :fingerprint!;
