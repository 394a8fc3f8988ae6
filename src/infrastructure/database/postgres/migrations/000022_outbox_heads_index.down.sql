-- transaction: none
drop function if exists waiting_events(uuid, bigint, integer);
-- step
drop index concurrently if exists outbox_heads_idx;
