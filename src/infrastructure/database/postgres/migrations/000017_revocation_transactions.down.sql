-- loses_data: the order in which sessions ended, which running instances of newer builds read
-- transaction: none
drop index concurrently if exists session_revocations_transaction_id_idx;
-- step
alter table session_revocations drop column if exists transaction_id;
