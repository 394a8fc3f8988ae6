-- transaction: none
drop trigger if exists users_end_sessions on users;
-- step
drop function if exists end_sessions_of_inactive_user();
-- step
drop function if exists make_event_id();
-- step
drop index concurrently if exists sessions_user_id_id_idx;
