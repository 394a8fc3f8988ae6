/* A name in use gives no row instead of an error. Names of revoked accounts are free: the unique index is partial. */
/* @name insertServiceAccount */
insert into service_accounts (id, name, key_hash, scopes, created_at)
values (:id!, :name!, :keyHash!, :scopes!, :createdAt!)
on conflict (name) where revoked_at is null do nothing
returning id;

/* Revoked accounts are left out, so that their keys are refused. */
/* @name findServiceAccountByKeyHash */
select id, name, scopes, created_at, revoked_at
from service_accounts
where key_hash = :keyHash! and revoked_at is null;

/* Includes revoked accounts, newest first, 1,000 at most. */
/* @name listServiceAccounts */
select id, name, scopes, created_at, revoked_at
from service_accounts
order by created_at desc, id desc
limit 1000;

/* Keeps the row as a record. An account that is revoked already gives a count of 0. */
/* @name revokeServiceAccount */
update service_accounts
set revoked_at = now()
where id = :id! and revoked_at is null;
