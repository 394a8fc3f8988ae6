-- loses_data: the numbers of revocations and the revocations of users and of all tokens; sessions that began before all
-- tokens were revoked, and are not deleted yet, are valid again
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
drop function number_revocations(integer);
delete from event_counter where name = 'revocations';
delete from session_revocations where kind in ('user', 'all');
drop index session_revocations_void_tokens_idx;
drop index session_revocations_unnumbered_idx;
drop index session_revocations_sequence_idx;
alter table session_revocations drop column sequence, drop column not_before, drop column kind;
