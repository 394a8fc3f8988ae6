-- Revocations get numbers after their commit, as events do, and two further kinds: one of all tokens of a user, and one
-- of all tokens. Builds that do not know the columns insert revocations of sessions, which is the default kind.
-- transaction: none
-- compatible_from: 6
alter table session_revocations
  -- session; session_of_user, which the revocation of its user or of all tokens stands for; user; all. For the last two
  -- session_id is a random id, and user_id is the user or the nil UUID.
  add column if not exists kind text not null default 'session',
  -- Seconds since the epoch: with user and all, tokens that were issued in this second or earlier are void.
  add column if not exists not_before bigint,
  add column if not exists sequence bigint;
-- step
create unique index concurrently if not exists session_revocations_sequence_idx
  on session_revocations (sequence) where sequence is not null;
-- step
create index concurrently if not exists session_revocations_unnumbered_idx
  on session_revocations (transaction_id) where sequence is null and kind <> 'session_of_user';
-- step
create index concurrently if not exists session_revocations_void_tokens_idx
  on session_revocations (kind, user_id) where kind in ('user', 'all');
-- step
-- Numbers committed revocations, at most `most` of them, as number_events does with events.
create or replace function number_revocations(most integer, out numbered integer, out newest bigint)
language plpgsql
set search_path from current set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  newest_id uuid;
begin
  if not exists (select from session_revocations where sequence is null and kind <> 'session_of_user') then
    numbered := 0;
    select last_sequence into newest from event_counter where name = 'revocations';
    newest := coalesce(newest, 0);
    return;
  end if;
  select last_sequence into newest from event_counter where name = 'revocations' for update;
  if not found then
    insert into event_counter (name, last_sequence)
    select 'revocations', coalesce(max(sequence), 0) from session_revocations where sequence is not null
    on conflict do nothing;
    select last_sequence into newest from event_counter where name = 'revocations' for update;
  end if;
  -- Locked first: a row that is deleted meanwhile must not take a number.
  with waiting as (
    select session_id, transaction_id from session_revocations
    where sequence is null and kind <> 'session_of_user'
    order by transaction_id limit most for update
  ), numbers as (
    select session_id, newest + row_number() over (order by transaction_id, session_id) as sequence from waiting
  ), given as (
    update session_revocations set sequence = numbers.sequence from numbers
    where session_revocations.session_id = numbers.session_id
    returning session_revocations.session_id, session_revocations.sequence
  )
  select count(*), (array_agg(session_id order by given.sequence desc))[1] into numbered, newest_id from given;
  if numbered = 0 then return; end if;
  newest := newest + numbered;
  update event_counter set last_sequence = newest, last_event_id = newest_id where name = 'revocations';
end
$$;
-- step
-- The revocation of a session has no number where that of its user is in the same transaction, or all tokens were revoked
-- after the session began.
create or replace function revoke_deleted_sessions() returns trigger language plpgsql
set search_path from current as $$
declare
  all_revoked_at constant timestamptz := (select max(revoked_at) from session_revocations where kind = 'all');
begin
  begin
    insert into session_revocations (session_id, user_id, kind)
    select id, user_id, case when created_at <= all_revoked_at or exists (
      select from session_revocations revoked
      where revoked.kind = 'user' and revoked.user_id = deleted.user_id and transaction_id = pg_current_xact_id()
    ) then 'session_of_user' else 'session' end
    from deleted where expires_at > now();
  exception when unique_violation then
    insert into session_revocations (session_id, user_id)
    select id, user_id from deleted where expires_at > now()
    on conflict do nothing;
  end;
  return null;
end
$$;
-- step
create or replace function end_sessions_of_inactive_user() returns trigger language plpgsql
set search_path from current as $$
declare
  event_id_start text := left(make_event_id()::text, 28);
  -- Seconds of the newest session: it may begin in the second after an earlier revocation.
  newest constant bigint := (select floor(extract(epoch from max(created_at))) from sessions where user_id = new.id);
begin
  -- More than ten sessions have one revocation, of the user. Its time is that of the end of the deletion: until then a
  -- session may get a token.
  insert into session_revocations (session_id, user_id, kind)
  select gen_random_uuid(), new.id, 'user'
  where (
    select count(*) from (select from sessions where user_id = new.id and expires_at > now() limit 11) live
  ) > 10;
  with ended as (
    delete from sessions where user_id = new.id returning id, expires_at
  )
  insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
  select (event_id_start || (10000000 + row_number() over (order by id)))::uuid, new.id, new.version, 'session.ended',
    jsonb_build_object('session_id', id, 'reason', 'user_disabled'), 'status-change', clock_timestamp()
  from ended
  where expires_at > now()
  order by id;
  update session_revocations
  set revoked_at = clock_timestamp(),
    not_before = greatest(not_before, newest, floor(extract(epoch from clock_timestamp())))
  where kind = 'user' and user_id = new.id and transaction_id = pg_current_xact_id();
  return null;
end
$$;
