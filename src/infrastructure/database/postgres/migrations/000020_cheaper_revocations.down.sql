-- transaction: none
create index concurrently if not exists session_revocations_revoked_at_idx on session_revocations (revoked_at);
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
create or replace function revoke_deleted_sessions() returns trigger language plpgsql
set search_path from current as $$
begin
  insert into session_revocations (session_id, user_id)
  select id, user_id from deleted where expires_at > now()
  on conflict do nothing;
  return null;
end
$$;
