-- Attempts to guess a secret, counted before the guess is judged. The key is an HMAC of the e-mail address, whether it has
-- an account or not, so the table holds no address and answers for known and unknown ones alike. No reference to users.
-- compatible_from: 6
create table if not exists sign_in_failures (
  account_key bytea not null,
  bucket varchar(60) not null,
  failures integer not null,
  last_at timestamptz not null,
  blocked_until timestamptz,
  constraint sign_in_failures_pkey primary key (account_key, bucket)
);
create index if not exists sign_in_failures_last_at_idx on sign_in_failures (last_at);
-- Counts one attempt, or returns how long the caller has to wait for the next one. After `free` attempts in a row each
-- further one needs a wait of two seconds that doubles up to the longest one; at `stop` it lasts until the counter is
-- forgotten, which is after a quiet time without an attempt. The row's lock makes parallel attempts take turns.
create or replace function claim_attempt(key bytea, name varchar, free integer, stop integer, max_wait_ms double precision,
  quiet_ms double precision, out counted integer, out wait_ms double precision)
language plpgsql set search_path from current as $$
declare
  quiet interval := quiet_ms * interval '1 millisecond';
begin
  insert into sign_in_failures as held (account_key, bucket, failures, last_at)
  values (key, name, 1, now())
  on conflict (account_key, bucket) do update set
    failures = case when held.last_at < now() - quiet then 1 else held.failures + 1 end,
    last_at = now(),
    blocked_until = case
      when held.last_at < now() - quiet or held.failures < free then null
      when held.failures + 1 >= stop then now() + quiet
      else now() + least(1000 * power(2, least(held.failures + 1 - free, 30)), max_wait_ms) * interval '1 millisecond'
    end
  where held.last_at < now() - quiet or held.blocked_until is null or held.blocked_until <= now()
  returning held.failures into counted;
  if counted is null then
    select extract(epoch from blocked_until - clock_timestamp()) * 1000 into wait_ms
    from sign_in_failures
    where account_key = key and bucket = name;
    wait_ms := greatest(coalesce(wait_ms, 0), 1);
  end if;
end
$$;
