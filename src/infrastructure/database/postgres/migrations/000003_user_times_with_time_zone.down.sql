set local time zone 'UTC';
alter table users
  alter column created_at type timestamp,
  alter column updated_at type timestamp;
