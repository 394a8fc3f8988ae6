-- When the user of a session last proved a password, and the keys of service accounts as rows of their own, so that one
-- account can have several with an end and a last use each.
-- transaction: none
-- compatible_from: 6
-- Without a value for rows that exist: the time of this migration would make an old session look freshly authenticated.
-- The default is for builds that do not know the column.
alter table sessions add column if not exists authenticated_at timestamptz;
alter table sessions alter column authenticated_at set default now();
-- step
create table if not exists service_account_keys (
  id uuid constraint service_account_keys_pkey primary key,
  service_account_id uuid not null
    constraint service_account_keys_service_account_id_fkey references service_accounts (id) on delete cascade,
  key_hash bytea not null constraint service_account_keys_key_hash_key unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
create index if not exists service_account_keys_service_account_id_idx
on service_account_keys (service_account_id, created_at);
-- step
-- The first key of each account is the one that is inserted with it, also by builds that do not know the table. Later
-- keys replace key_hash, so that those builds accept the newest one. The lock of the trigger's creation lasts until the
-- step ends: no account is inserted between it and the copy.
create or replace function fill_service_account_keys() returns trigger language plpgsql security definer
set search_path from current as $$
begin
  insert into service_account_keys (id, service_account_id, key_hash, created_at)
  values (make_event_id(), new.id, new.key_hash, new.created_at)
  on conflict (key_hash) do nothing;
  return null;
end
$$;
drop trigger if exists service_accounts_fill_keys on service_accounts;
create trigger service_accounts_fill_keys after insert on service_accounts
for each row execute function fill_service_account_keys();
insert into service_account_keys (id, service_account_id, key_hash, created_at)
select make_event_id(), id, key_hash, created_at from service_accounts
on conflict (key_hash) do nothing;
