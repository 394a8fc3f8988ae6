/* Inserts an account with its first key. A name in use gives no row instead of an error. Names of revoked accounts are
   free: the unique index is partial. The trigger of the account inserts its key only where no statement has. The
   database's clock sets the end of a key, and judges it. */
/* @name insertServiceAccount */
with account as (
  insert into service_accounts (id, name, key_hash, scopes, created_at)
  values (:id!, :name!, :keyHash!, :scopes!, :createdAt!)
  on conflict (name) where revoked_at is null do nothing
  returning id, key_hash
)
insert into service_account_keys (id, service_account_id, key_hash, expires_at)
select :keyId!::uuid, id, key_hash, now() + :ttlMs::double precision * interval '1 millisecond'
from account
returning id, created_at, expires_at, last_used_at;

/* Revoked accounts and ended keys are left out, so that they are refused. */
/* @name findServiceAccountByKeyHash */
select account.id, name, scopes, account.created_at, revoked_at, key.id as key_id,
  (extract(epoch from expires_at - now()) * 1000)::double precision as key_remaining_ms
from service_account_keys key
join service_accounts account on account.id = service_account_id
where key.key_hash = :keyHash! and revoked_at is null and (expires_at is null or expires_at > now());

/* For a token that was issued for the key. */
/* @name findServiceAccountByKeyId */
select account.id, name, scopes, account.created_at, revoked_at, key.id as key_id,
  (extract(epoch from expires_at - now()) * 1000)::double precision as key_remaining_ms
from service_account_keys key
join service_accounts account on account.id = service_account_id
where key.id = :keyId! and account.id = :id! and revoked_at is null and (expires_at is null or expires_at > now());

/* Includes revoked accounts, newest first, 1,000 at most. */
/* @name listServiceAccounts */
select id, name, scopes, created_at, revoked_at
from service_accounts
order by created_at desc, id desc
limit 1000;

/* Keys that work, and those that ended lately, newest first; 20 at most for one account. */
/* @name listServiceAccountKeys */
select key.id, account.id as service_account_id, created_at, expires_at, last_used_at
from unnest(:accountIds!::uuid[]) as account (id),
  lateral (
    select id, created_at, expires_at, last_used_at
    from service_account_keys
    where service_account_id = account.id
    order by created_at desc, id desc
    limit 20
  ) key;

/* What a rotation needs to know of an account that is not revoked. */
/* @name findServiceAccountForRotation */
select key_hash, (
  select count(*) from service_account_keys
  where service_account_id = service_accounts.id and (expires_at is null or expires_at > now())
)::integer as "working_keys!"
from service_accounts
where id = :id! and revoked_at is null;

/* Adds a key, and lets the others end with the overlap. Nothing changes when another rotation came first: a statement
   does not see the key of one that it waited for. Keys that ended long ago are deleted. */
/* @name updateServiceAccountKey */
with account as (
  update service_accounts
  set key_hash = :keyHash!
  where id = :id! and revoked_at is null and key_hash = :formerHash!
  returning id
), ending as (
  update service_account_keys
  set expires_at = least(expires_at, now() + :overlapMs!::double precision * interval '1 millisecond')
  where service_account_id = (select id from account) and (expires_at is null or expires_at > now())
), removed as (
  delete from service_account_keys
  where service_account_id = (select id from account) and expires_at < now() - interval '30 days'
)
insert into service_account_keys (id, service_account_id, key_hash, expires_at)
select :keyId!::uuid, id, :keyHash!, now() + :ttlMs::double precision * interval '1 millisecond'
from account
returning id, created_at, expires_at, last_used_at;

/* Other instances know of it when their cache of accounts expires. */
/* @name updateServiceAccountScopes */
update service_accounts
set scopes = :scopes!
where id = :id! and revoked_at is null
returning id, name, scopes, created_at, revoked_at;

/* Written by every instance, at most once a minute for a key. */
/* @name markServiceKeysUsed */
update service_account_keys
set last_used_at = now()
where id = any(:ids!::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute');

/* Keeps the row as a record. An account that is revoked already gives a count of 0. */
/* @name revokeServiceAccount */
update service_accounts
set revoked_at = now()
where id = :id! and revoked_at is null;
