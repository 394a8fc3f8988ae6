-- Live sessions; an ended one is removed and leaves a revocation, which every instance polls.
-- Token columns hold hashes and sealed values only. All times are compared with the database's own clock.
-- compatible_from: 6
create table sessions (
  id uuid constraint sessions_pkey primary key,
  user_id uuid not null constraint sessions_user_id_fkey references users (id) on delete cascade,
  ip varchar(45),
  user_agent varchar(256),
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  absolute_expires_at timestamptz not null,
  refresh_hash bytea not null,
  previous_refresh_hash bytea,
  rotated_at timestamptz,
  sealed_successor bytea,
  constraint sessions_expiry_order check (expires_at <= absolute_expires_at)
);
create index sessions_user_id_idx on sessions (user_id, last_used_at desc);
create index sessions_expires_at_idx on sessions (expires_at);

create table session_revocations (
  session_id uuid constraint session_revocations_pkey primary key,
  user_id uuid not null,
  revoked_at timestamptz not null default clock_timestamp()
);
create index session_revocations_revoked_at_idx on session_revocations (revoked_at);
