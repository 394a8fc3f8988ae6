-- After a restore consumers know versions and numbers that the database gives again. The counter records from which version
-- and which number on its history is one, so that a resync can continue, and a verification can tell the parts.
-- compatible_from: 6
alter table event_counter
  -- Events with lower numbers may belong to the history before the last restore.
  add column restored_sequence bigint not null default 0,
  -- The version that the last resync gave to every user, above all that were published before.
  add column restored_version integer not null default 0,
  -- When the resync that is not finished began, by the clock of the database.
  add column restoring_since timestamptz;
