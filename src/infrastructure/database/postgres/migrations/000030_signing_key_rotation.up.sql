-- A next key is published and does not sign yet. An older build must go on, so it sees the status 'verifying', and the
-- times tell the state: published_at is set and activated_at is not. All times are those of the database.
-- transaction: none
-- compatible_from: 6
alter table signing_keys
  add column if not exists published_at timestamptz,
  add column if not exists activated_at timestamptz,
  add column if not exists retired_at timestamptz;
-- step
-- Keys that were retired by hand: their last token may be as young as this migration.
update signing_keys set retired_at = now() where status = 'verifying' and retired_at is null and published_at is null;
-- step
-- One leader by constraint: of several instances that begin a rotation, one publishes its key.
create unique index concurrently if not exists signing_keys_one_next on signing_keys ((true))
where status = 'verifying' and published_at is not null and activated_at is null;
