-- loses_data: the answers of requests with an idempotency key, so that a repeated request takes effect again
drop table if exists idempotency_keys;
