-- loses_data: every service key but the newest of each account, the ends of keys, and when users authenticated
-- transaction: none
-- A build without the table knows no ends: an account whose newest key has ended is revoked.
do $$
begin
  if to_regclass('service_account_keys') is null then return; end if;
  update service_accounts set revoked_at = now()
  where revoked_at is null and exists (
    select from service_account_keys
    where service_account_keys.key_hash = service_accounts.key_hash and expires_at <= now()
  );
end
$$;
-- step
drop trigger if exists service_accounts_fill_keys on service_accounts;
drop function if exists fill_service_account_keys();
drop table if exists service_account_keys;
-- step
alter table sessions drop column if exists authenticated_at;
