-- Secrets that prove control of an address, to verify it, to reset a password, to change the address and to undo that.
-- A request is stored first, the same for known and unknown addresses; a background task turns it into a challenge and a
-- mail. An unknown address gets a challenge without a user, so that wrong codes cost the same for both.
-- compatible_from: 6
create table challenge_requests (
  id uuid constraint challenge_requests_pkey primary key,
  purpose varchar(10) not null,
  user_id uuid,
  email varchar(254) not null,
  by_holder boolean not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  constraint challenge_requests_purpose check (purpose in ('verify', 'reset', 'change'))
);
create index challenge_requests_created_at_idx on challenge_requests (created_at);
create table challenges (
  id uuid constraint challenges_pkey primary key,
  purpose varchar(10) not null,
  user_id uuid constraint challenges_user_id_fkey references users (id) on delete cascade,
  email varchar(254),
  by_holder boolean not null,
  former_verified boolean not null,
  token_hash bytea not null,
  code_hmac bytea,
  guess_key bytea not null,
  attempts integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  code_expires_at timestamptz,
  expires_at timestamptz not null,
  consumed_at timestamptz,
  constraint challenges_purpose check (purpose in ('verify', 'reset', 'change', 'undo')),
  constraint challenges_address_of_user check ((user_id is null) = (email is null))
);
create index challenges_user_id_idx on challenges (user_id, purpose, created_at);
create index challenges_expires_at_idx on challenges (expires_at);
create index challenges_undo_email_idx on challenges (email) where purpose = 'undo';
-- Wrong codes of one user or address and purpose within an hour. The key is an HMAC.
create table challenge_guesses (
  guess_key bytea constraint challenge_guesses_pkey primary key,
  window_started_at timestamptz not null,
  guesses integer not null
);
create index challenge_guesses_window_idx on challenge_guesses (window_started_at);
-- Times of the mails with secrets that went to one address within a day, the newest last. The key is an HMAC.
create table challenge_sends (
  address_key bytea constraint challenge_sends_pkey primary key,
  sent_at timestamptz[] not null,
  last_sent_at timestamptz not null
);
create index challenge_sends_last_sent_at_idx on challenge_sends (last_sent_at);
