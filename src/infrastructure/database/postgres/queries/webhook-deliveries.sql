/*
Makes deliveries of numbered events. The function is one transaction of its own. An endpoint that was further behind
than one call reaches, and whose queue is not full, is still behind after it: the rest of the statement sees what was
there before.
*/
/* @name insertWebhookDeliveries */
select made.queued as "queued!", made.skipped::float8 as "skipped!",
  exists (
    select from webhook_endpoints endpoint, event_counter counter
    where counter.name = 'outbox' and endpoint.disabled_at is null
      and endpoint.queued_sequence + :most! < counter.last_sequence
      and (
        select count(*) from (
          select from webhook_deliveries
          where endpoint_id = endpoint.id and status = 'pending'
          limit :mostPending!
        ) waiting
      ) < :mostPending!
  ) as "is_behind!"
from queue_webhook_deliveries(:most!::integer, :mostPending!::integer) made;

/* Whether any endpoint is there: without one, nothing else is asked. */
/* @name findAnyWebhookEndpoint */
select exists (select from webhook_endpoints) as "exists!";

/* @name insertWebhookTest */
insert into webhook_deliveries (id, endpoint_id, is_test, event_id, type, data, request_id, occurred_at)
select :id!, endpoint.id, true, :id!, :type!, '{}', :requestId!, clock_timestamp()
from webhook_endpoints endpoint
where endpoint.id = :endpointId!
returning id;

/* Claims due deliveries with what an attempt needs. `skip locked` in the function gives each delivery to one claim. */
/* @name claimWebhookDeliveries */
select delivery.id as "id!", delivery.endpoint_id as "endpoint_id!", delivery.is_test as "is_test!",
  delivery.event_id as "event_id!", delivery.sequence::float8 as "sequence?", delivery.user_id as "user_id?",
  delivery.user_version as "user_version?", delivery.type as "type!", delivery.data as "data!",
  delivery.request_id as "request_id!", delivery.occurred_at as "occurred_at!", delivery.attempts as "attempts!",
  endpoint.url, endpoint.failures,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', secret.id, 'scheme', secret.scheme, 'sealed', encode(secret.sealed_secret, 'base64')
    ) order by secret.created_at desc, secret.id desc), '[]')
    from webhook_secrets secret
    where secret.endpoint_id = endpoint.id and (secret.expires_at is null or secret.expires_at > clock_timestamp())
  ) as "secrets!"
from claim_webhook_deliveries(:most!::integer, :inFlight!::integer, :leaseMs!::double precision) delivery
join webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id
order by delivery.sequence;

/* Records an attempt and its outcome. The number of the attempt identifies the claim, so a claim that has ended changes no
   row and has no line in the log. */
/* @name updateWebhookDelivery */
with recorded as (
  update webhook_deliveries
  set status = :status!::text,
    due_at = clock_timestamp() + :delayMs!::double precision * interval '1 millisecond',
    leased_until = null,
    ended_at = case when :status!::text <> 'pending' then clock_timestamp() end,
    last_status_code = :statusCode::integer,
    last_error = left(:error::text, 300)
  where id = :id! and attempts = :attempt!::integer and status = 'pending' and leased_until is not null
  returning id, attempts
)
insert into webhook_attempts (delivery_id, attempt, started_at, duration_ms, status_code, error, response)
select id, attempts, clock_timestamp() - :durationMs!::integer * interval '1 millisecond', :durationMs!::integer,
  :statusCode::integer, left(:error::text, 300), left(:response::text, 1024)
from recorded;

/* Gives a claim back: the attempt does not count. */
/* @name releaseWebhookDelivery */
update webhook_deliveries
set attempts = attempts - 1, due_at = clock_timestamp(), leased_until = null
where id = :id! and attempts = :attempt!::integer and status = 'pending' and leased_until is not null;

/* Pages of an endpoint's deliveries, the newest first. */
/* @name listWebhookDeliveries */
select id, endpoint_id, is_test, event_id, sequence::float8 as "sequence?", type, user_id, status, attempts, created_at,
  case when status = 'pending' then due_at end as due_at, ended_at, last_status_code, last_error
from webhook_deliveries
where endpoint_id = :endpointId! and (:beforeId::uuid is null or id < :beforeId::uuid)
  and (:status::text is null or status = :status::text)
order by id desc
limit :limit!::integer;

/* @name findWebhookDelivery */
select id, endpoint_id, is_test, event_id, sequence::float8 as "sequence?", type, user_id, status, attempts, created_at,
  case when status = 'pending' then due_at end as due_at, ended_at, last_status_code, last_error
from webhook_deliveries
where endpoint_id = :endpointId! and id = :id!;

/* @name listWebhookAttempts */
select attempt, started_at, duration_ms, status_code, error, response
from webhook_attempts
where delivery_id = :deliveryId!
order by id
limit :limit!::integer;

/* Makes ended deliveries due with no attempt counted: one, or those of a status and a time, at most so many. */
/* @name requeueWebhookDeliveries */
update webhook_deliveries
set status = 'pending', attempts = 0, due_at = clock_timestamp(), leased_until = null, ended_at = null
where id in (
  select id from webhook_deliveries
  where endpoint_id = :endpointId! and status <> 'pending'
    and (:id::uuid is null or id = :id::uuid)
    and (:status::text is null or status = :status::text)
    and (:since::timestamptz is null or occurred_at >= :since::timestamptz)
    and (:until::timestamptz is null or occurred_at < :until::timestamptz)
    and (:id::uuid is not null or not is_test)
  order by id
  limit :limit!::integer
  for update skip locked
);

/* @name listDeadWebhookDeliveries */
select id, endpoint_id, type, occurred_at, ended_at as "ended_at!", attempts, last_status_code, last_error
from webhook_deliveries
where status = 'dead' and not is_test
order by ended_at, id
limit :limit!::integer;

/* @name requeueDeadWebhookDeliveries */
update webhook_deliveries
set status = 'pending', attempts = 0, due_at = clock_timestamp(), leased_until = null, ended_at = null
where status = 'dead' and not is_test and (:id::uuid is null or id = :id::uuid);

/* @name deleteDeadWebhookDelivery */
delete from webhook_deliveries where status = 'dead' and not is_test and id = :id!::uuid;

/* Deletes deliveries that ended long ago, at most so many. */
/* @name deleteEndedWebhookDeliveries */
delete from webhook_deliveries
where id in (
  select id from webhook_deliveries
  where status <> 'pending' and ended_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'
  order by ended_at
  limit :limit!::integer
  for update skip locked
);

/* Deletes old attempts, at most so many. */
/* @name deleteOldWebhookAttempts */
delete from webhook_attempts
where id in (
  select id from webhook_attempts
  where started_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'
  order by started_at
  limit :limit!::integer
  for update skip locked
);

/* Deletes deliveries of deleted endpoints, at most so many. It steps from one endpoint to the next in the index, and does
   not read the deliveries of the others. */
/* @name deleteOrphanedWebhookDeliveries */
with recursive known as (
  (select endpoint_id from webhook_deliveries order by endpoint_id limit 1)
  union all
  select (
    select endpoint_id from webhook_deliveries
    where endpoint_id > known.endpoint_id
    order by endpoint_id
    limit 1
  )
  from known
  where known.endpoint_id is not null
)
delete from webhook_deliveries
where id in (
  select delivery.id
  from known
  join webhook_deliveries delivery on delivery.endpoint_id = known.endpoint_id
  where not exists (select from webhook_endpoints where webhook_endpoints.id = known.endpoint_id)
  limit :limit!::integer
);

/* What waits, and the state of endpoints. Each count ends at 10,000. */
/* @name readWebhookBacklog */
select
  (select count(*) from (
    select from webhook_deliveries delivery join webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id
    where status = 'pending' and disabled_at is null limit 10000
  ) counted)::integer as "pending!",
  (select count(*) from (
    select from webhook_deliveries where status = 'dead' and not is_test limit 10000
  ) counted)::integer as "dead_letters!",
  (select (coalesce(extract(epoch from clock_timestamp() - min(occurred_at)), 0) * 1000)::float8
    from (
      select occurred_at
      from webhook_deliveries delivery join webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id
      where status = 'pending' and disabled_at is null limit 10000
    ) waiting) as "oldest_age_ms!",
  (select count(*) from webhook_endpoints where disabled_at is null and failures = 0)::integer as "working!",
  (select count(*) from webhook_endpoints where disabled_at is null and failures > 0)::integer as "failing!",
  (select count(*) from webhook_endpoints where disabled_at is not null)::integer as "disabled!";
