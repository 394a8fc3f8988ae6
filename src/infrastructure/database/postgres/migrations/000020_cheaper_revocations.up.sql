-- Ending many sessions costs mostly index entries: revocations lose the index on their time, since they are removed in
-- the order of their transactions. They are inserted plainly: only a statement that has inserted its revocations itself
-- (as older builds do) meets a conflict, and inserts again without those.
-- transaction: none
-- compatible_from: 6
create or replace function revoke_deleted_sessions() returns trigger language plpgsql
set search_path from current as $$
begin
  begin
    insert into session_revocations (session_id, user_id)
    select id, user_id from deleted where expires_at > now();
  exception when unique_violation then
    insert into session_revocations (session_id, user_id)
    select id, user_id from deleted where expires_at > now()
    on conflict do nothing;
  end;
  return null;
end
$$;
-- step
create or replace function end_sessions_of_inactive_user() returns trigger language plpgsql
set search_path from current as $$
declare
  event_id_start text := left(make_event_id()::text, 28);
begin
  with ended as (
    delete from sessions where user_id = new.id returning id, expires_at
  )
  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
  select (event_id_start || (10000000 + row_number() over (order by id)))::uuid, new.id, new.version, 'session.ended',
    jsonb_build_object('session_id', id, 'reason', 'user_disabled'), 'status-change', clock_timestamp()
  from ended
  where expires_at > now()
  order by id;
  return null;
end
$$;
-- step
drop index concurrently if exists session_revocations_revoked_at_idx;
