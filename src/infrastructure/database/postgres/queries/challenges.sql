/* Stores a request unless so many wait already; then there is no row. */
/* @name insertChallengeRequest */
insert into challenge_requests (id, purpose, user_id, email, by_holder, expires_at)
select :id!::uuid, :purpose!, :userId::uuid, :email!, :byHolder!::boolean,
  clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond'
where (select count(*) from (select from challenge_requests limit :maxWaiting!::bigint) as waiting) < :maxWaiting!::bigint
returning id;

/* The oldest request that no other process serves, behind those that could not be served in this run. The lock ends with
   the statement; it only passes over the requests that others hold. */
/* @name findChallengeRequest */
select id, purpose, user_id, email, by_holder
from challenge_requests
where expires_at > clock_timestamp()
order by created_at
offset :skipped!::bigint
limit 1
for update skip locked;

/* Locks a request unless another process holds it or has served it. */
/* @name lockChallengeRequest */
select id from challenge_requests where id = :id!::uuid for update skip locked;

/* @name deleteChallengeRequest */
delete from challenge_requests where id = :id!::uuid;

/* Deletes requests that were not served in time, a bounded number per statement. */
/* @name deleteExpiredChallengeRequests */
delete from challenge_requests
where id in (
  select id from challenge_requests where expires_at <= clock_timestamp() limit :limit!::integer for update skip locked
);

/* Deletes the live challenges of a user and purpose that are too many with one more: the oldest ones. Those that the
   holder asked for are counted apart. With `keepFirst`
   the very first one stays: it holds the address that an undo restores. */
/* @name deleteSurplusChallenges */
delete from challenges
where id in (
  select id
  from (
    select id, row_number() over (order by created_at, id) as place, count(*) over () as live
    from challenges
    where user_id = :userId!::uuid and purpose = :purpose! and by_holder = :byHolder!::boolean and consumed_at is null
      and expires_at > clock_timestamp()
  ) as ranked
  where place - :keepFirst!::integer between 1 and live - :keep!::integer
);

/* Only a verified former address can be restored. Older builds also store others for an undo. */
/* @name insertChallenge */
insert into challenges (id, purpose, user_id, email, by_holder, former_verified, token_hash, code_hmac, guess_key,
  code_expires_at, expires_at)
values (:id!::uuid, :purpose!::varchar, :userId::uuid, :email, :byHolder!, :purpose!::varchar = 'undo', :tokenHash!, :codeHmac, :guessKey!,
  clock_timestamp() + :codeTtlMs::double precision * interval '1 millisecond',
  clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond');

/* Reads without a change: whether a link is good before work is spent on it. */
/* @name findChallengeByToken */
select id, user_id, email, by_holder
from challenges
where id = :id!::uuid and purpose = :purpose! and token_hash = :tokenHash! and (purpose <> 'undo' or former_verified)
  and consumed_at is null and expires_at > clock_timestamp();

/* Counts a guess before the code is compared, for the challenge and for all challenges of its user and purpose. Both
   counters are locked by the statement, so parallel guesses are counted one by one. A challenge without a guess left
   gives no row, and the code of a row with too many guesses must not be compared. */
/* @name countChallengeGuess */
with guessed as (
  update challenges
  set attempts = attempts + 1
  where id = :id!::uuid and purpose = :purpose! and consumed_at is null and code_hmac is not null
    and code_expires_at > clock_timestamp() and attempts < :maxAttempts!::integer
  returning id, user_id, email, by_holder, code_hmac, guess_key
), counted as (
  insert into challenge_guesses as window_of (guess_key, window_started_at, guesses)
  select guess_key, clock_timestamp(), 1 from guessed
  on conflict (guess_key) do update
  set guesses = case when window_of.window_started_at > clock_timestamp() - interval '1 hour'
      then window_of.guesses + 1 else 1 end,
    window_started_at = case when window_of.window_started_at > clock_timestamp() - interval '1 hour'
      then window_of.window_started_at else clock_timestamp() end
  returning guesses
)
select id, user_id, email, by_holder, code_hmac as "code_hmac!", guesses as "guesses!"
from guessed, counted;

/* Gives back what a right code was counted: it was no guess. */
/* @name updateGuessesAfterRightCode */
with right_code as (
  update challenges set attempts = attempts - 1 where id = :id!::uuid and attempts > 0 returning guess_key
)
update challenge_guesses
set guesses = challenge_guesses.guesses - 1
from right_code
where challenge_guesses.guess_key = right_code.guess_key and challenge_guesses.guesses > 0;

/* Consumes a challenge once: the second of two transactions waits here and gets a count of 0. */
/* @name markChallengeConsumed */
update challenges
set consumed_at = clock_timestamp()
where id = :id!::uuid and consumed_at is null and expires_at > clock_timestamp();

/* A request that waits for its mail would become a challenge later, so it goes, too. */
/* @name deleteLiveChallenges */
with waiting as (
  delete from challenge_requests where user_id = :userId!::uuid and purpose = any(:purposes!::text[])
)
delete from challenges
where user_id = :userId!::uuid and purpose = any(:purposes!::text[]) and consumed_at is null;

/* After a second person registers with the address, a proof no longer tells which of them set the password. */
/* @name updateLiveVerificationsToForeign */
update challenges
set by_holder = false
where user_id = :userId!::uuid and purpose = 'verify' and by_holder and consumed_at is null;

/* The first verified address that a user had within the time in which changes can be undone. */
/* @name findFirstFormerAddress */
select email as "email!"
from challenges
where user_id = :userId!::uuid and purpose = 'undo' and former_verified and consumed_at is null
  and expires_at > clock_timestamp()
order by created_at, id
limit 1;

/* Whether an undo of another user may restore this address. */
/* @name findReservedAddress */
select id
from challenges
where email = :email! and purpose = 'undo' and former_verified and consumed_at is null
  and expires_at > clock_timestamp() and user_id <> :userId!::uuid
limit 1;

/* Deletes challenges that ended long ago, a bounded number per statement. */
/* @name deleteEndedChallenges */
delete from challenges
where id in (
  select id
  from challenges
  where expires_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'
  limit :limit!::integer
);

/* @name deleteOldChallengeGuesses */
delete from challenge_guesses
where guess_key in (
  select guess_key
  from challenge_guesses
  where window_started_at < clock_timestamp() - interval '1 hour'
  limit :limit!::integer
);

/* Counts a mail to an address if fewer than so many were sent within 15 minutes and within a day; else there is no
   row. The row is locked, so parallel senders are counted one by one. */
/* @name updateChallengeSends */
insert into challenge_sends as sends (address_key, sent_at, last_sent_at)
values (:addressKey!, array[clock_timestamp()], clock_timestamp())
on conflict (address_key) do update
set sent_at = array(
      select earlier from unnest(sends.sent_at) as earlier
      where earlier > clock_timestamp() - interval '1 day' order by earlier
    ) || clock_timestamp(),
  last_sent_at = clock_timestamp()
where (
    select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '15 minutes'
  ) < :maxPerQuarterHour!::bigint
  and (
    select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '1 day'
  ) < :maxPerDay!::bigint
returning address_key;

/* Whether a mail to an address could be counted now. */
/* @name findChallengeSendsLeft */
select (
    select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '15 minutes'
  ) < :maxPerQuarterHour!::bigint
  and (
    select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '1 day'
  ) < :maxPerDay!::bigint as "has_left!"
from challenge_sends as sends
where address_key = :addressKey!;

/* @name deleteOldChallengeSends */
delete from challenge_sends
where address_key in (
  select address_key
  from challenge_sends
  where last_sent_at < clock_timestamp() - interval '1 day'
  limit :limit!::integer
);

/* How many requests wait, and since when. */
/* @name readChallengeRequestBacklog */
select count(*)::integer as "waiting!",
  (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as "oldest_age_ms!"
from (select created_at from challenge_requests where expires_at > clock_timestamp() order by created_at limit 10000) as waiting;
