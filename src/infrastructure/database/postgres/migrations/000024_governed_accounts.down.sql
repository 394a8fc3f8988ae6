-- loses_data: the record of administrative acts, the times at which disabled users are enabled, and expired passwords
-- Drops the record of administrative acts. Users who are disabled stay so without an end; an expired password stays
-- refused.
-- transaction: none
drop table if exists administrative_acts;
drop function if exists refuse_change_of_acts();
-- step
drop trigger if exists users_clear_outdated_restrictions on users;
drop function if exists clear_outdated_restrictions();
-- step
drop index concurrently if exists users_disabled_until_idx;
-- step
alter table users
  drop column if exists disabled_until,
  drop column if exists expired_password;
