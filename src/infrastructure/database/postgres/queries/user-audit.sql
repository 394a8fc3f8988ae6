/* Reads rows as they are: another program may have written null or times that RFC 3339 cannot write, which other
   statements do not return. Begins with the given id, so that the nil UUID is read too. Returns a password hash, whose
   form is judged. */
/* @name listStoredUsers */
select id, first_name as "first_name?", last_name as "last_name?", email as "email?", phone, locale,
  password as "password?", status as "status?", version as "version?", email_verified as "email_verified?",
  created_at >= timestamptz '0001-01-01 00:00:00+00' and created_at < timestamptz '10000-01-01 00:00:00+00' as "created_at_in_range?",
  updated_at >= timestamptz '0001-01-01 00:00:00+00' and updated_at < timestamptz '10000-01-01 00:00:00+00' as "updated_at_in_range?"
from users
where id >= :fromId!
order by id
limit :limit!;

/* One group of users that share an address cannot fill memory: the caller limits the rows. */
/* @name listAddressHolders */
select id, email
from users
where email = any(:emails!::text[])
limit :limit!;
