-- The sessions of a user whose status leaves 'active' end in the same transaction, whoever changes it: the service or an
-- operator by SQL. Each ended session leaves its revocation, which every instance reads, and its event.
-- The index lets all sessions of a user be ended in pieces, by id.
-- transaction: none
-- compatible_from: 6
create index concurrently if not exists sessions_user_id_id_idx on sessions (user_id, id);
-- step
-- A version 7 UUID (RFC 9562 §5.7): milliseconds since the epoch, then random bits. PostgreSQL has its own from 18 on.
create or replace function make_event_id() returns uuid language sql volatile as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid
$$;
-- step
create or replace function end_sessions_of_inactive_user() returns trigger language plpgsql
set search_path from current as $$
begin
  with ended as (
    delete from sessions where user_id = new.id returning id, expires_at
  ), revoked as (
    insert into session_revocations (session_id, user_id) select id, new.id from ended
  )
  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
  select make_event_id(), new.id, new.version, 'session.ended',
    jsonb_build_object('session_id', id, 'reason', 'user_disabled'), 'status-change', clock_timestamp()
  from ended
  where expires_at > now()
  order by id;
  return null;
end
$$;
-- step
drop trigger if exists users_end_sessions on users;
create trigger users_end_sessions after update of status on users for each row
when (old.status is distinct from new.status and new.status <> 'active')
execute function end_sessions_of_inactive_user();
-- step
with ended as (
  delete from sessions using users
  where users.id = sessions.user_id and users.status <> 'active'
  returning sessions.id, sessions.user_id
)
insert into session_revocations (session_id, user_id) select id, user_id from ended;
