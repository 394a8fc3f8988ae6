-- The answers of requests with an idempotency key, each written in the transaction of its effect. No reference to
-- users: a request of a deleted user is still the same request. The answer is encrypted under a key that only the
-- caller has.
-- compatible_from: 6
create table idempotency_keys (
  caller_id varchar(100) not null,
  key_hash bytea not null constraint idempotency_keys_key_hash_sha256 check (octet_length(key_hash) = 32),
  fingerprint bytea not null,
  status smallint not null default 0,
  sealed_answer bytea not null default '' constraint idempotency_keys_answer_size check (octet_length(sealed_answer) <= 20000),
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pkey primary key (caller_id, key_hash)
);
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);
