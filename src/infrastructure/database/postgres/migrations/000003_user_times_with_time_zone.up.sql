-- A time without a zone means something else in every session's zone. The old values were written by servers in UTC.
-- With the session in UTC PostgreSQL changes the type without rewriting the table: the lock lasts milliseconds.
-- compatible_from: 2
set local time zone 'UTC';
alter table users
  alter column created_at type timestamptz,
  alter column updated_at type timestamptz;
