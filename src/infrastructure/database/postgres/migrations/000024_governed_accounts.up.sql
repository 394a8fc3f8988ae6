-- Accounts that an operator disables for a time, passwords that an operator expires, and the record of such acts.
-- disabled_until: when a disabled user is enabled again; null for no such time. expired_password: the hash of a password
-- that is no longer accepted; the column password has a hash then that no password matches, so that builds which do not
-- know this column refuse it too.
-- transaction: none
-- compatible_from: 6
alter table users
  add column if not exists disabled_until timestamptz,
  add column if not exists expired_password varchar(255);
-- step
create or replace function clear_outdated_restrictions() returns trigger language plpgsql
set search_path from current as $$
begin
  if new.status = 'active' then
    new.disabled_until := null;
  end if;
  if new.password is distinct from old.password and new.expired_password is not distinct from old.expired_password then
    new.expired_password := null;
  end if;
  return new;
end
$$;
-- step
-- A build that does not know the columns, or an administrator, may enable a user or store a new password: the values
-- would outlive what they belong to.
drop trigger if exists users_clear_outdated_restrictions on users;
create trigger users_clear_outdated_restrictions before update on users for each row
when (new.disabled_until is not null or new.expired_password is not null)
execute function clear_outdated_restrictions();
-- step
create index concurrently if not exists users_disabled_until_idx on users (disabled_until)
where disabled_until is not null;
-- step
-- No reference to users: the record outlives the user.
create table if not exists administrative_acts (
  id uuid constraint administrative_acts_pkey primary key,
  at timestamptz not null default clock_timestamp(),
  action varchar(40) not null,
  user_id uuid not null,
  actor_kind varchar(20) not null,
  actor_id uuid,
  operator varchar(100),
  reason varchar(500),
  request_id varchar(128) not null
);
create index if not exists administrative_acts_user_id_id_idx on administrative_acts (user_id, id);
-- step
create or replace function refuse_change_of_acts() returns trigger language plpgsql
set search_path from current as $$
begin
  raise exception 'the record of administrative acts is append-only';
end
$$;
drop trigger if exists administrative_acts_append_only on administrative_acts;
create trigger administrative_acts_append_only before update or delete on administrative_acts for each statement
execute function refuse_change_of_acts();
