-- The users table as this service's first generation made it; later migrations add what it lacks.
-- compatible_from: 2
create table users (
  id uuid primary key default gen_random_uuid(),
  first_name varchar(100) not null,
  last_name varchar(100) not null,
  email varchar(100) not null unique,
  phone varchar(20) default null,
  password varchar(255) not null,
  created_at timestamp default now(),
  updated_at timestamp default now()
);
create index idx_users_email on users(email);
