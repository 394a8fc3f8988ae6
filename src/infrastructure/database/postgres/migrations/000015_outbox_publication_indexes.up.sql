-- The relay reads waiting events in their order, held ones apart; published ones are found by their place in the stream.
-- transaction: none
-- compatible_from: 6
create index concurrently if not exists outbox_waiting_idx on outbox (position) where published_at is null;
-- step
create index concurrently if not exists outbox_held_idx on outbox (position) where published_at is null and attempts > 0;
-- step
create index concurrently if not exists outbox_published_idx on outbox (stream_sequence) where published_at is not null;
