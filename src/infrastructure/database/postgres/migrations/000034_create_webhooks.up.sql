-- Endpoints of other services, which get events as signed HTTP requests. Deliveries and attempts have no foreign key: the
-- log of an endpoint can be long, and its deletion must not be one long statement.
-- compatible_from: 6
create table webhook_endpoints (
  id uuid constraint webhook_endpoints_pkey primary key,
  url varchar(2000) not null,
  description varchar(200),
  -- Names of events such as user.created, and groups such as user.*; null for all.
  types text[],
  -- Only events of this user; null for all.
  user_id uuid,
  -- One delivery at a time, in the order of the feed.
  ordered boolean not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  disabled_at timestamptz,
  disabled_reason varchar(30),
  -- Events up to this number have their deliveries, or do not match.
  queued_sequence bigint not null,
  -- Numbers that were deleted from the outbox before they had deliveries.
  skipped_events bigint not null default 0,
  -- Failed attempts since the last success, and the first of them.
  failures integer not null default 0,
  failing_since timestamptz,
  -- No attempt begins before this time. Set until the next success: until then one delivery is in flight at a time.
  paused_until timestamptz,
  constraint webhook_endpoints_disabled check ((disabled_at is null) = (disabled_reason is null))
) with (fillfactor = 50);

-- Secrets of endpoints, sealed with the master key. A rotated secret signs beside the new one until it expires.
create table webhook_secrets (
  id uuid constraint webhook_secrets_pkey primary key,
  endpoint_id uuid not null constraint webhook_secrets_endpoint_id_fkey references webhook_endpoints on delete cascade,
  scheme varchar(3) not null,
  sealed_secret bytea not null,
  -- Of the scheme v1a.
  public_key varchar(100),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz
);
create index webhook_secrets_endpoint_id_idx on webhook_secrets (endpoint_id);

-- One event for one endpoint, with its own copy of the event: the outbox may delete its row before the last attempt.
create table webhook_deliveries (
  id uuid constraint webhook_deliveries_pkey primary key,
  endpoint_id uuid not null,
  is_test boolean not null,
  event_id uuid not null,
  -- Null for a test.
  sequence bigint,
  user_id uuid,
  user_version integer,
  type varchar(100) not null,
  data jsonb not null,
  request_id varchar(128) not null,
  occurred_at timestamptz not null,
  status varchar(10) not null default 'pending',
  attempts integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  -- Until then an attempt is in progress. The number of the attempt identifies the claim.
  leased_until timestamptz,
  ended_at timestamptz,
  last_status_code integer,
  last_error varchar(300),
  constraint webhook_deliveries_event unique (endpoint_id, event_id),
  constraint webhook_deliveries_ended check ((status = 'pending') = (ended_at is null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
create index webhook_deliveries_due_idx on webhook_deliveries (endpoint_id, due_at) where status = 'pending';
create index webhook_deliveries_head_idx on webhook_deliveries (endpoint_id, sequence) where status = 'pending';
create index webhook_deliveries_test_idx on webhook_deliveries (due_at) where status = 'pending' and is_test;
create index webhook_deliveries_listed_idx on webhook_deliveries (endpoint_id, id);
create index webhook_deliveries_ended_idx on webhook_deliveries (ended_at) where status <> 'pending';
create index webhook_deliveries_dead_idx on webhook_deliveries (endpoint_id, ended_at) where status = 'dead';

-- The log of attempts.
create table webhook_attempts (
  id bigint generated always as identity constraint webhook_attempts_pkey primary key,
  delivery_id uuid not null,
  attempt integer not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  status_code integer,
  error varchar(300),
  -- The start of the response's body.
  response varchar(1024)
);
create index webhook_attempts_delivery_id_idx on webhook_attempts (delivery_id, id);
create index webhook_attempts_started_at_idx on webhook_attempts (started_at);

-- Makes the deliveries of numbered events that endpoints have not got yet: at most `most` numbers of each endpoint, and
-- none while `most_pending` of them wait. The lock on the endpoint's row lets one session do it at a time, and each
-- statement sees what was committed before it began: no event gets a second delivery. Returns the number of deliveries,
-- and of events that were deleted before they had one.
create function queue_webhook_deliveries(most integer, most_pending integer, out queued integer, out skipped bigint)
language plpgsql
set search_path from current as $$
declare
  newest bigint;
  oldest bigint;
  endpoint webhook_endpoints%rowtype;
  candidate uuid;
  reached bigint;
  first_id text;
  made integer;
begin
  queued := 0;
  skipped := 0;
  select last_sequence, first_sequence into newest, oldest from event_counter where name = 'outbox';
  for candidate in
    select id from webhook_endpoints where disabled_at is null and queued_sequence < coalesce(newest, 0) order by id
  loop
    select * into endpoint from webhook_endpoints
    where id = candidate and disabled_at is null
    for update skip locked;
    continue when not found or endpoint.queued_sequence >= newest;
    continue when (
      select count(*) from (
        select from webhook_deliveries
        where endpoint_id = candidate and status = 'pending'
        limit most_pending
      ) waiting
    ) >= most_pending;
    if endpoint.queued_sequence < oldest - 1 then
      skipped := skipped + oldest - 1 - endpoint.queued_sequence;
      update webhook_endpoints
      set skipped_events = skipped_events + oldest - 1 - queued_sequence, queued_sequence = oldest - 1
      where id = candidate;
      endpoint.queued_sequence := oldest - 1;
    end if;
    reached := least(newest, endpoint.queued_sequence + most);
    -- Ids of one batch are in the order of the feed.
    first_id := make_event_id()::text;
    insert into webhook_deliveries (
      id, endpoint_id, is_test, event_id, sequence, user_id, user_version, type, data, request_id, occurred_at
    )
    select (left(first_id, 28) || lpad(to_hex(event.sequence - endpoint.queued_sequence), 8, '0'))::uuid,
      candidate, false, event.id, event.sequence, event.user_id, event.user_version, event.type,
      event.data, event.request_id, event.occurred_at
    from outbox event
    where event.sequence > endpoint.queued_sequence and event.sequence <= reached
      and (endpoint.user_id is null or event.user_id = endpoint.user_id)
      and (
        endpoint.types is null or event.type = any (endpoint.types)
        or split_part(event.type, '.', 1) || '.*' = any (endpoint.types)
      )
    order by event.sequence
    on conflict on constraint webhook_deliveries_event do nothing;
    get diagnostics made = row_count;
    queued := queued + made;
    update webhook_endpoints set queued_sequence = reached where id = candidate;
  end loop;
end
$$;

-- Claims due deliveries for `lease_ms`: at most `most`, and for each endpoint at most `in_flight` at a time over all
-- instances. An ordered endpoint has one in flight, which is its first; an endpoint that was paused has one, too. Tests
-- are claimed whatever the state of their endpoint. The lock on the endpoint's row lets one session claim at a time, and
-- each statement sees what was committed before it began.
create function claim_webhook_deliveries(most integer, in_flight integer, lease_ms double precision)
returns setof webhook_deliveries
language plpgsql rows 16
set search_path from current as $$
declare
  remaining integer := most;
  candidate uuid;
  endpoint webhook_endpoints%rowtype;
  free integer;
  chosen uuid[];
begin
  chosen := array(
    select id from webhook_deliveries
    where status = 'pending' and is_test and due_at <= clock_timestamp()
    order by due_at
    limit remaining
    for update skip locked
  );
  for candidate in
    select id from webhook_endpoints waiting
    where disabled_at is null and (paused_until is null or paused_until <= clock_timestamp())
      and exists (
        select from webhook_deliveries
        where endpoint_id = waiting.id and status = 'pending' and due_at <= clock_timestamp() and not is_test
      )
    order by random()
  loop
    exit when cardinality(chosen) >= most;
    select * into endpoint from webhook_endpoints
    where id = candidate and disabled_at is null and (paused_until is null or paused_until <= clock_timestamp())
    for update skip locked;
    continue when not found;
    free := case when endpoint.ordered or endpoint.paused_until is not null then 1 else in_flight end - (
      select count(*) from webhook_deliveries
      where endpoint_id = candidate and status = 'pending' and not is_test and leased_until > clock_timestamp()
    );
    continue when free <= 0;
    remaining := least(free, most - cardinality(chosen));
    if endpoint.ordered then
      chosen := chosen || array(
        select id from (
          select id, due_at from webhook_deliveries
          where endpoint_id = candidate and status = 'pending' and not is_test
          order by sequence
          limit 1
        ) head
        where due_at <= clock_timestamp()
      );
    else
      chosen := chosen || array(
        select id from webhook_deliveries
        where endpoint_id = candidate and status = 'pending' and not is_test and due_at <= clock_timestamp()
        order by due_at, sequence
        limit remaining
        for update skip locked
      );
    end if;
  end loop;
  return query
    update webhook_deliveries delivery
    set attempts = delivery.attempts + 1, leased_until = lease.ends_at, due_at = lease.ends_at
    from (select clock_timestamp() + lease_ms * interval '1 millisecond' as ends_at) lease
    where delivery.id = any (chosen) and delivery.status = 'pending' and delivery.due_at <= clock_timestamp()
    returning delivery.*;
end
$$;
