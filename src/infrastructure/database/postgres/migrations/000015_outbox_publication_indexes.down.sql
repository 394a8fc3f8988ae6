-- transaction: none
drop index concurrently if exists outbox_waiting_idx;
-- step
drop index concurrently if exists outbox_held_idx;
-- step
drop index concurrently if exists outbox_published_idx;
