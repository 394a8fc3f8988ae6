-- The relay goes from the first waiting event of one user to that of the next, so that a claim reads as many entries as
-- it returns events, however many events wait. An event without a user depends on no other: its own id is its key.
-- transaction: none
-- compatible_from: 6
create index concurrently if not exists outbox_heads_idx on outbox (coalesce(user_id, id), position)
where published_at is null;
-- step
-- Waiting events behind a place, in the order of the index. The planner expects few waiting events after a time in which
-- all were published, and would sort a backlog that has grown since: the settings make it read the index in its order.
create or replace function waiting_events(after_key uuid, after_position bigint, most integer) returns setof outbox
language plpgsql stable rows 512
set search_path from current set enable_sort = off set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  return query
  select event.* from outbox event
  where event.published_at is null
    and (coalesce(event.user_id, event.id), event.position) > (after_key, after_position)
  order by coalesce(event.user_id, event.id), event.position
  limit most;
end
$$;
