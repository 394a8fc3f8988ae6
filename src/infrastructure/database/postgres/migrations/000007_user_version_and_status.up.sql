-- version: optimistic concurrency and the order of events. status: whether a user may sign in.
-- email_verified: whether the address was proved. password_form: how the password was prepared before hashing.
-- Constant defaults and unvalidated constraints touch no row.
-- compatible_from: 6
alter table users
  add column version integer not null default 1,
  add column status varchar(20) not null default 'active',
  add column email_verified boolean not null default false,
  add column password_form smallint not null default 1,
  add constraint users_version_positive check (version > 0) not valid,
  add constraint users_status_known check (status in ('active', 'disabled')) not valid;
