/* Makes a service account; a name in use gives no row. Called by ServiceAccountRepository.insert. */
/* @name insertServiceAccount */
insert into service_accounts (id, name, key_hash, scopes, created_at)
values (:id!, :name!, :keyHash!, :scopes!, :createdAt!)
on conflict (name) where revoked_at is null do nothing
returning id;

/* Whose key a request carries. Called by ServiceAccountRepository.findByKeyHash. */
/* @name findServiceAccountByKeyHash */
select id, name, scopes, created_at, revoked_at
from service_accounts
where key_hash = :keyHash! and revoked_at is null;

/* For operators. Called by ServiceAccountRepository.list. */
/* @name listServiceAccounts */
select id, name, scopes, created_at, revoked_at
from service_accounts
order by created_at desc, id desc
limit 1000;

/* Ends the use of an account's key; the row stays for the record. Called by ServiceAccountRepository.revoke. */
/* @name revokeServiceAccount */
update service_accounts
set revoked_at = now()
where id = :id! and revoked_at is null;
