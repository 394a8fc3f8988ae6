/* Shows users. Called by UserRepository.findById for every read of a user, with all ids that are asked for in one turn of
   the event loop. */
/* @name findUsersByIds */
select id, first_name, last_name, email, phone, email_verified, status, version, created_at, updated_at
from users
where id = any(:ids!::uuid[]);

/* Finds the user with an address, for whoever knows the address already. Called by UserRepository.findByEmail. */
/* @name findUserByEmail */
select id, first_name, last_name, email, phone, email_verified, status, version, created_at, updated_at
from users
where email = :email!;

/* What a sign-in compares with: this and the next give out a password hash.
   Called by UserRepository.findCredentials. */
/* @name findCredentials */
select id, status, version, password, password_form
from users
where email = :email!;

/* The same for a user who is signed in already. Called by UserRepository.findCredentialsById before a change that asks
   for the password once more. */
/* @name findCredentialsById */
select id, status, version, password, password_form
from users
where id = :id!;

/* Makes the writers of one user take turns. NO KEY: sessions that refer to the user may be inserted meanwhile, for
   their foreign key takes a key share lock. Called by UserRepository.lockById at the start of every state change. */
/* @name lockUser */
select id, first_name, last_name, email, phone, email_verified, status, version, created_at, updated_at,
  password, password_form
from users
where id = :id!
for no key update;

/* What anybody may see of many users at once. Called by UserRepository.listPublicProfiles with at most 500 ids. */
/* @name listPublicProfiles */
select id, first_name, last_name
from users
where id = any(:ids!::uuid[]);

/* A page of all users by keyset: however far the page, it costs the same. The first one starts after the nil UUID,
   which is nobody's. Called by UserRepository.list. */
/* @name listUsers */
select id, first_name, last_name, email, phone, email_verified, status, version, created_at, updated_at
from users
where id > :afterId!
order by id
limit :limit!;

/* A page of the users whose names or address match a LIKE pattern. The expression must be that of users_search_idx,
   letter for letter. `near` looks through the next users by id, where a frequent text fills the page; `far` asks the
   index for the rest, and runs only when `near` has not filled it. Left to choose, the planner walks the primary key for
   every text that is not rare, through the whole table where all the matches came last. The condition with to_tsvector
   is always true and never evaluated: it tells the planner, which thinks of normalize and ILIKE as of a comparison of
   numbers, that to look at a row is dear, so that `far` uses the index. Planned for its values. Called by
   UserRepository.search. */
/* @name searchUsers */
with near as materialized (
  select id
  from (
    select id, normalize(' ' || first_name || ' ' || last_name || ' ' || email, nfc) as searched
    from users
    where id > :afterId!
    order by id
    limit 40 * :limit!
  ) as next
  where searched ilike :pattern!
  order by id
  limit :limit!
), far as materialized (
  select id
  from users
  where normalize(' ' || first_name || ' ' || last_name || ' ' || email, nfc) ilike :pattern!
    and (version > 0 or to_tsvector('simple', email) is not null)
    and (select count(*) from near) < :limit!
), page as (
  select id from near
  union
  select id from far where id > :afterId!
  order by id
  limit :limit!
)
select id, first_name, last_name, email, phone, email_verified, status, version, created_at, updated_at
from users
where id in (select id from page)
order by id;

/* Registers a user. An address in use gives no row rather than an error: an error would end the transaction and fill
   the server's log. Called by UserRepository.insert. */
/* @name insertUser */
insert into users (id, first_name, last_name, email, phone, password, password_form, email_verified, status, version,
  created_at, updated_at)
values (:id!, :firstName!, :lastName!, :email!, :phone, :password!, :passwordForm!, :emailVerified!, :status!, :version!,
  :createdAt!, :updatedAt!)
on conflict (email) do nothing
returning id;

/* Stores the profile of a locked user. A version that is not greater changes nothing: it would be a lost update.
   Called by UserRepository.update. */
/* @name updateUser */
update users
set first_name = :firstName!, last_name = :lastName!, email = :email!, phone = :phone,
  email_verified = :emailVerified!, status = :status!, version = :version!, updated_at = :updatedAt!
where id = :id! and version < :version!;

/* Stores the password of a locked user. Called by UserRepository.updatePassword. */
/* @name updateUserPassword */
update users
set password = :password!, password_form = :passwordForm!, version = :version!, updated_at = :updatedAt!
where id = :id! and version < :version!;

/* Stores a stronger hash of the same password, unless the password was changed meanwhile. Nothing that others see
   changes, so version and updated_at stay. Called by UserRepository.updatePasswordHash after a sign-in. */
/* @name updateUserPasswordHash */
update users
set password = :toHash!, password_form = :passwordForm!
where id = :id! and password = :fromHash!;

/* Removes a locked user; sessions that are left go with the row. Called by UserRepository.delete. */
/* @name deleteUser */
delete from users
where id = :id!;
