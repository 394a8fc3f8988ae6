/* Takes many ids, so that reads of one event-loop turn share a round trip. An absent id gives no row. */
/* @name findUsersByIds */
select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at
from users
where id = any(:ids!::uuid[]);

/* Compares the canonical form that is stored, so that the unique index serves it. */
/* @name findUserByEmail */
select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at
from users
where email = :email!;

/* Returns a password hash. Besides this statement, only findCredentialsById, lockUser and listStoredUsers do. The clock of
   the database decides whether a disabling is over. */
/* @name findCredentials */
select id, status, email_verified, version, password, password_form, expired_password,
  coalesce(disabled_until <= now(), false) as "disabling_is_over!"
from users
where email = :email!;

/* The same as findCredentials, for a user who is signed in and enters the password again. */
/* @name findCredentialsById */
select id, status, email_verified, version, password, password_form, expired_password,
  coalesce(disabled_until <= now(), false) as "disabling_is_over!"
from users
where id = :id!;

/* Serializes the writers of one user. FOR NO KEY UPDATE still lets sessions of the user be inserted: their foreign key
   takes a key share lock, which it does not block. */
/* @name lockUser */
select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at,
  password, password_form, expired_password, disabled_until,
  coalesce(disabled_until <= now(), false) as "disabling_is_over!"
from users
where id = :id!
for no key update;

/* Locks the next users in id order whose version is below this one, without those that registered later. */
/* @name lockUsersBelowVersion */
select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at,
  password, password_form, expired_password, disabled_until,
  coalesce(disabled_until <= now(), false) as "disabling_is_over!"
from users
where id > :afterId! and coalesce(version, 0) < :version! and (created_at is null or created_at <= :createdBefore!)
order by id
limit :limit!
for no key update;

/* Needs the rows locked by lockUsersBelowVersion. */
/* @name updateUserVersions */
update users
set version = :version!
where id = any(:ids!::uuid[]) and coalesce(version, 0) < :version!;

/* Reads public columns only, for at most 500 ids. An absent id gives no row. */
/* @name listPublicProfiles */
select id, first_name, last_name
from users
where id = any(:ids!::uuid[]);

/* Pages by keyset, so that every page costs the same. The first page starts after the nil UUID, which no user has. */
/* @name listUsers */
select id, first_name, last_name, email, phone, locale, email_verified, status, version, created_at, updated_at
from users
where id > :afterId!
order by id
limit :limit!;

/* An address in use gives no row instead of an error: an error would abort the transaction and fill the server's log. */
/* @name insertUser */
insert into users (id, first_name, last_name, email, phone, locale, password, password_form, email_verified, status, version,
  created_at, updated_at)
values (:id!, :firstName!, :lastName!, :email!, :phone, :locale, :password!, :passwordForm!, :emailVerified!, :status!, :version!,
  :createdAt!, :updatedAt!)
on conflict (email) do nothing
returning id;

/* Needs the row locked by lockUser. A version that is not greater changes nothing, and appends nothing: it would be a
   lost update. An adopted table may lack `not null`, so a missing version counts as 0. The events are appended as by
   insertEvents. */
/* @name updateUser */
with updated as (
  update users
  set first_name = :firstName!, last_name = :lastName!, email = :email!, phone = :phone,
    locale = :locale, email_verified = :emailVerified!, status = :status!, disabled_until = :disabledUntil,
    version = :version!, updated_at = :updatedAt!
  where users.id = :id! and coalesce(users.version, 0) < :version!
  returning users.id
)
insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
select event.id, event.user_id, event.user_version, event.type, event.data, event.request_id, event.occurred_at
from updated, rows from (
  jsonb_to_recordset(:events!::jsonb) as (
    id uuid, user_id uuid, user_version integer, type text, data jsonb, request_id text, occurred_at timestamptz
  )
) with ordinality as event (id, user_id, user_version, type, data, request_id, occurred_at, number)
order by event.number;

/* Needs the row locked by lockUser. A version that is not greater changes nothing, as in updateUser. */
/* @name updateUserPassword */
update users
set password = :password!, password_form = :passwordForm!, expired_password = :expiredPassword, version = :version!,
  updated_at = :updatedAt!
where id = :id! and coalesce(version, 0) < :version!;

/* Needs the row locked by lockUser. A version that is not greater changes nothing, as in updateUser. */
/* @name updateUserAccess */
update users
set email = :email!, email_verified = :emailVerified!, password = :password!, password_form = :passwordForm!,
  expired_password = :expiredPassword, version = :version!, updated_at = :updatedAt!
where id = :id! and coalesce(version, 0) < :version!;

/* Stores a new hash of the same password, unless the password has changed since it was read. Nothing visible changes,
   so version and updated_at stay. The comparison with the old hash detects that. */
/* @name updateUserPasswordHash */
update users
set password = :toHash!, password_form = :passwordForm!
where id = :id! and password = :fromHash!;

/* Needs the row locked by lockUser. Sessions that are left are deleted with the row, by their foreign key. */
/* @name deleteUser */
delete from users
where id = :id!;

/* Users whose disabling is over by the clock of the database, the longest waiting first. */
/* @name listUsersToEnable */
select id
from users
where disabled_until <= now() and status = 'disabled'
order by disabled_until
limit :limit!;
