/* An expired record counts as absent. */
/* @name findAnswer */
select fingerprint, status, sealed_answer
from idempotency_keys
where caller_id = :callerId! and key_hash = :keyHash!
  and created_at > now() - make_interval(secs => :ttlMs!::float8 / 1000);

/* The first statement of a transaction. Another transaction with the same key makes it wait on the primary key, at most
   one second; the session's own lock_timeout is in force again once the row is there. Without a row there is an answer. */
/* @name claimAnswer */
with wait as materialized (
  select set_config('user_service.lock_timeout', current_setting('lock_timeout'), true),
    set_config('lock_timeout', '1s', true)
)
insert into idempotency_keys (caller_id, key_hash, fingerprint)
select :callerId!, :keyHash!, :fingerprint! from wait
on conflict (caller_id, key_hash) do update
set fingerprint = excluded.fingerprint, status = 0, sealed_answer = '', created_at = now()
where idempotency_keys.created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)
returning set_config('lock_timeout', current_setting('user_service.lock_timeout'), true) as "lock_timeout!";

/* @name updateAnswer */
update idempotency_keys
set status = :status!::smallint, sealed_answer = :sealedAnswer!
where caller_id = :callerId! and key_hash = :keyHash!;

/* @name deleteAnswer */
delete from idempotency_keys
where caller_id = :callerId! and key_hash = :keyHash!;

/* The answer of a request that has changed nothing. Without a row there is an answer already. */
/* @name insertAnswer */
insert into idempotency_keys (caller_id, key_hash, fingerprint, status, sealed_answer)
values (:callerId!, :keyHash!, :fingerprint!, :status!::smallint, :sealedAnswer!)
on conflict (caller_id, key_hash) do update
set fingerprint = excluded.fingerprint, status = excluded.status, sealed_answer = excluded.sealed_answer,
  created_at = now()
where idempotency_keys.created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)
returning true as "inserted!";

/* The oldest come first, so the rest is not read. Rows that another instance deletes are skipped. */
/* @name deleteExpiredAnswers */
delete from idempotency_keys
where (caller_id, key_hash) in (
  select caller_id, key_hash from idempotency_keys
  where created_at <= now() - make_interval(secs => :ttlMs!::float8 / 1000)
  order by created_at
  limit :limit!::integer
  for update skip locked
);
