-- Each event gets a number after its commit: without gaps, ascending in commit order. Consumers of the feed go on after a
-- number. `position` cannot serve for that: it is assigned before the commit, so a lower one may become visible later.
-- transaction: none
-- compatible_from: 6
alter table outbox add column if not exists sequence bigint;
-- step
create table if not exists event_counter (
  name varchar(50) primary key,
  -- Number and id of the newest numbered event. The id tells the feed from one that was restored and went on differently.
  last_sequence bigint not null default 0,
  last_event_id uuid,
  -- All numbered events from here on are kept.
  first_sequence bigint not null default 1
) with (fillfactor = 10);
-- step
create unique index concurrently if not exists outbox_sequence_idx on outbox (sequence) where sequence is not null;
-- step
create index concurrently if not exists outbox_unnumbered_idx on outbox (position) where sequence is null;
-- step
-- Numbers committed events, at most `most` of them, and returns how many and the newest number. The row lock on the
-- counter lets one session number at a time, and each statement of the function sees what was committed before it
-- began: two instances never give the same number. The function is a single statement for its caller, so a frozen
-- instance holds no lock. The planner expects many unnumbered events after a backlog, and would read the whole table for
-- each call: the settings make it use the indexes.
create or replace function number_events(most integer, out numbered integer, out newest bigint)
language plpgsql
set search_path from current set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  newest_id uuid;
begin
  if not exists (select from outbox where sequence is null) then
    numbered := 0;
    select last_sequence into newest from event_counter where name = 'outbox';
    newest := coalesce(newest, 0);
    return;
  end if;
  select last_sequence into newest from event_counter where name = 'outbox' for update;
  if not found then
    insert into event_counter (name, last_sequence, first_sequence)
    select 'outbox', coalesce(max(sequence), 0), coalesce(min(sequence), 1) from outbox
    on conflict do nothing;
    select last_sequence into newest from event_counter where name = 'outbox' for update;
  end if;
  -- Locked first: a row that is deleted meanwhile must not take a number.
  with waiting as (
    select id, position from outbox where sequence is null order by position limit most for update
  ), numbers as (
    select id, newest + row_number() over (order by position) as sequence from waiting
  ), given as (
    update outbox set sequence = numbers.sequence from numbers where outbox.id = numbers.id
    returning outbox.id, outbox.sequence
  )
  select count(*), (array_agg(id order by given.sequence desc))[1] into numbered, newest_id from given;
  if numbered = 0 then return; end if;
  newest := newest + numbered;
  update event_counter set last_sequence = newest, last_event_id = newest_id where name = 'outbox';
end
$$;
-- step
-- Numbers what waits, then returns waiting events of the relay: one round trip, and no event is published without its
-- number.
create or replace function claim_events(after_key uuid, after_position bigint, most integer) returns setof outbox
language plpgsql rows 512
set search_path from current as $$
begin
  perform number_events(most);
  return query select * from waiting_events(after_key, after_position, most);
end
$$;
-- step
-- Whatever deletes events, an older build included, says from where on the feed is complete.
create or replace function note_deleted_events() returns trigger
language plpgsql security definer
set search_path from current as $$
begin
  update event_counter
  set first_sequence = greatest(first_sequence, gone.newest + 1)
  from (select max(sequence) as newest from deleted) gone
  where name = 'outbox' and gone.newest >= first_sequence;
  return null;
end
$$;
-- step
drop trigger if exists note_deleted_events on outbox;
-- step
create trigger note_deleted_events after delete on outbox
referencing old table as deleted for each statement execute function note_deleted_events();
