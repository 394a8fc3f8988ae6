drop trigger if exists sessions_revoke_all on sessions;
drop trigger if exists sessions_revoke on sessions;
drop function if exists revoke_all_sessions();
drop function if exists revoke_deleted_sessions();
