/* Counts a sign-in and reads the credentials of its address in one round trip. Always one row, which is the same for a
   known and an unknown address but for the user's columns. */
/* @name claimSignIn */
select counted as "counted?", wait_ms as "wait_ms?", id as "id?", status as "status?", version as "version?",
  email_verified as "email_verified?", password as "password?", password_form as "password_form?", expired_password as "expired_password?",
  coalesce(disabled_until <= now(), false) as "disabling_is_over!"
from claim_attempt(:accountKey!, :bucket!, :free!, :stop!, :maxWaitMs!, :quietMs!)
left join users on email = :email!;

/* The same count for a caller whose account is known. */
/* @name claimAttempt */
select counted as "counted?", wait_ms as "wait_ms?"
from claim_attempt(:accountKey!, :bucket!, :free!, :stop!, :maxWaitMs!, :quietMs!);

/* Takes back an attempt that was not judged. The block that it caused ends, unless another attempt counted since. */
/* @name updateUnjudgedAttempt */
update sign_in_failures
set failures = greatest(failures - 1, 0),
  blocked_until = case when failures = :counted! then null else blocked_until end
where account_key = :accountKey! and bucket = :bucket!;

/* Ends a counter after a success. That of `others`, if it is given, keeps its free attempts and loses its wait. */
/* @name deleteSignInFailures */
with reopened as (
  update sign_in_failures
  set failures = :free!::integer, blocked_until = null
  where account_key = :accountKey! and bucket = :others::text and failures > :free!::integer
)
delete from sign_in_failures
where account_key = :accountKey! and bucket = :bucket!;

/* All counters of an account, for a reset or an operator. */
/* @name deleteAllSignInFailures */
delete from sign_in_failures
where account_key = any(:accountKeys!::bytea[]);

/* For an operator. An account has one counter a factor and one a known device; the busiest 100 are listed. */
/* @name listSignInFailures */
select bucket, failures, last_at, blocked_until
from sign_in_failures
where account_key = any(:accountKeys!::bytea[]) and failures > 0
order by failures desc, bucket
limit 100;

/* A counter without an attempt for the quiet time counts from zero again, so its row is not needed. */
/* @name deleteQuietSignInFailures */
delete from sign_in_failures
where (account_key, bucket) in (
  select account_key, bucket
  from sign_in_failures
  where last_at < now() - :quietMs!::double precision * interval '1 millisecond'
  order by last_at
  limit :limit!
  for update skip locked
);
