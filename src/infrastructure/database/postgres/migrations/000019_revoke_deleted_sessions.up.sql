-- Every session that is deleted before it expires leaves its revocation, which every instance reads: also when an operator
-- deletes it by SQL, or with its user. Builds that insert the revocation themselves do so before the trigger runs.
-- compatible_from: 6
create or replace function revoke_deleted_sessions() returns trigger language plpgsql
set search_path from current as $$
begin
  insert into session_revocations (session_id, user_id)
  select id, user_id from deleted where expires_at > now()
  on conflict do nothing;
  return null;
end
$$;
create or replace function revoke_all_sessions() returns trigger language plpgsql
set search_path from current as $$
begin
  insert into session_revocations (session_id, user_id)
  select id, user_id from sessions where expires_at > now()
  on conflict do nothing;
  return null;
end
$$;
create trigger sessions_revoke after delete on sessions
referencing old table as deleted for each statement execute function revoke_deleted_sessions();
create trigger sessions_revoke_all before truncate on sessions
for each statement execute function revoke_all_sessions();
