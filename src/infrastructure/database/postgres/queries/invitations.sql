/* The invitations that a new one of the same address replaces. */
/* @name deleteInvitationsOfEmail */
delete from invitations
where email = :email!;

/* @name insertInvitation */
insert into invitations (id, email, first_name, last_name, locale, token_hash, created_at, expires_at)
values (:id!, :email!, :firstName, :lastName, :locale, :tokenHash!, now(),
  now() + :ttlMs!::double precision * interval '1 millisecond')
returning id, email, first_name, last_name, locale, created_at, expires_at;

/* @name findInvitation */
select id, email, first_name, last_name, locale, created_at, expires_at
from invitations
where id = :id! and token_hash = :tokenHash! and expires_at > clock_timestamp();

/* Accepts an invitation once: the row is gone for every other transaction when this one commits. */
/* @name deleteAcceptedInvitation */
delete from invitations
where id = :id! and token_hash = :tokenHash! and expires_at > clock_timestamp()
returning id, email, first_name, last_name, locale, created_at, expires_at;

/* Pages by keyset. The first page starts after the nil UUID. */
/* @name listInvitations */
select id, email, first_name, last_name, locale, created_at, expires_at
from invitations
where id > :afterId!
order by id
limit :limit!;

/* @name deleteInvitation */
delete from invitations
where id = :id!;

/* Addresses and names of people who did not come. Rows that another round deletes are skipped. */
/* @name deleteExpiredInvitations */
delete from invitations
where id in (
  select id from invitations
  where expires_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'
  limit :limit!::integer
  for update skip locked
);
