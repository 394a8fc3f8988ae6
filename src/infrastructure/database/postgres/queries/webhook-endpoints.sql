/* A new endpoint gets events from now on, and none that was numbered before. */
/* @name insertWebhookEndpoint */
insert into webhook_endpoints (id, url, description, types, user_id, ordered, queued_sequence)
select :id!, :url!, :description, :types::text[], :userId::uuid, :ordered!,
  coalesce((select last_sequence from event_counter where name = 'outbox'), 0)
where (select count(*) from webhook_endpoints) < :most!::integer
returning id;

/* @name insertWebhookSecret */
insert into webhook_secrets (id, endpoint_id, scheme, sealed_secret, public_key)
values (:id!, :endpointId!, :scheme!, :sealedSecret!, :publicKey);

/* The former secrets of an endpoint sign for so long, and no longer than they would have. */
/* @name expireWebhookSecrets */
update webhook_secrets
set expires_at = least(
  expires_at, clock_timestamp() + :overlapMs!::double precision * interval '1 millisecond'
)
where endpoint_id = :endpointId! and id <> :newId!;

/* @name deleteExpiredWebhookSecrets */
delete from webhook_secrets where expires_at <= clock_timestamp();

/* An endpoint with its secrets that sign, the newest first, or all endpoints for null. */
/* @name listWebhookEndpoints */
select endpoint.id, endpoint.url, endpoint.description, endpoint.types, endpoint.user_id, endpoint.ordered,
  endpoint.version, endpoint.created_at, endpoint.updated_at, endpoint.disabled_at, endpoint.disabled_reason,
  endpoint.failures, endpoint.failing_since, endpoint.queued_sequence::float8 as "queued_sequence!",
  endpoint.skipped_events::float8 as "skipped_events!",
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', secret.id, 'scheme', secret.scheme, 'public_key', secret.public_key,
      'created_at', extract(epoch from secret.created_at) * 1000,
      'expires_at', extract(epoch from secret.expires_at) * 1000
    ) order by secret.created_at desc, secret.id desc), '[]')
    from webhook_secrets secret
    where secret.endpoint_id = endpoint.id and (secret.expires_at is null or secret.expires_at > clock_timestamp())
  ) as "secrets!"
from webhook_endpoints endpoint
where :id::uuid is null or endpoint.id = :id::uuid
order by endpoint.id;

/* @name lockWebhookEndpoint */
select id, version from webhook_endpoints where id = :id! for update;

/* Enabling begins with a clean record: what failed before does not count. */
/* @name updateWebhookEndpoint */
update webhook_endpoints
set url = :url!, description = :description, types = :types::text[], user_id = :userId::uuid, ordered = :ordered!,
  version = version + 1, updated_at = now(),
  disabled_at = case when :enabled!::boolean then null else coalesce(disabled_at, now()) end,
  disabled_reason = case when :enabled!::boolean then null else coalesce(disabled_reason, 'by_operator') end,
  failures = case when disabled_at is not null and :enabled!::boolean then 0 else failures end,
  failing_since = case when disabled_at is not null and :enabled!::boolean then null else failing_since end,
  paused_until = case when disabled_at is not null and :enabled!::boolean then null else paused_until end
where id = :id!;

/* @name deleteWebhookEndpoint */
delete from webhook_endpoints where id = :id!;

/* Counts a failed attempt. The endpoint pauses, and is disabled when the receiver says so or when every attempt of a long
   time failed. */
/* @name updateFailingWebhookEndpoint */
update webhook_endpoints
set failures = failures + 1,
  failing_since = coalesce(failing_since, clock_timestamp()),
  paused_until = case
    when :pauseMs::double precision is null then paused_until
    else greatest(paused_until, clock_timestamp() + :pauseMs::double precision * interval '1 millisecond')
  end,
  disabled_at = case
    when :reason::text is not null or (
      failures + 1 >= :leastFailures!::integer
      and failing_since <= clock_timestamp() - :failingMs!::double precision * interval '1 millisecond'
    ) then clock_timestamp()
  end,
  disabled_reason = case
    when :reason::text is not null then :reason::text
    when failures + 1 >= :leastFailures!::integer
      and failing_since <= clock_timestamp() - :failingMs!::double precision * interval '1 millisecond' then 'failing'
  end
where id = :id! and disabled_at is null
returning disabled_reason;

/* @name updateWorkingWebhookEndpoint */
update webhook_endpoints
set failures = 0, failing_since = null, paused_until = null
where id = :id! and (failures > 0 or failing_since is not null or paused_until is not null);

/* Secrets for the seal under another master key. */
/* @name listSealedWebhookSecrets */
select id, endpoint_id, sealed_secret from webhook_secrets order by id;

/* @name updateSealedWebhookSecret */
update webhook_secrets
set sealed_secret = :sealedSecret!
where id = :id! and sealed_secret = :formerSecret!;
