-- Registrations that wait for a background task, so that a request does the same for a free and for a taken address.
-- A row lives for milliseconds: the transaction that creates the user, or tells the owner of the address, deletes it.
-- compatible_from: 6
create table registration_requests (
  id uuid constraint registration_requests_pkey primary key,
  first_name varchar(100) not null,
  last_name varchar(100) not null,
  email varchar(254) not null,
  phone varchar(20),
  locale varchar(35),
  password varchar(255) not null,
  password_form smallint not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index registration_requests_created_at_idx on registration_requests (created_at);
