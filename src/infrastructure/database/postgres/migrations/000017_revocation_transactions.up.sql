-- Instances read revocations in the order of commits: transaction_id is compared with the snapshot of the previous poll.
-- Null in rows from before this migration. Builds that do not know the column fill it by its default.
-- transaction: none
-- compatible_from: 6
alter table session_revocations
  add column if not exists transaction_id xid8,
  alter column transaction_id set default pg_current_xact_id();
-- step
create index concurrently if not exists session_revocations_transaction_id_idx
  on session_revocations (transaction_id);
