-- The same constraints, for new rows only, as they were before.
alter table users
  drop constraint users_email_canonical,
  drop constraint users_version_positive,
  drop constraint users_status_known,
  add constraint users_email_canonical check (email = lower(email collate "C") and email !~ '[^!-~]') not valid,
  add constraint users_version_positive check (version > 0) not valid,
  add constraint users_status_known check (status in ('active', 'disabled')) not valid;
