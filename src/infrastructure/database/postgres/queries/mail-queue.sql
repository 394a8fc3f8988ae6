/* Queues the mails of a transaction in one statement. */
/* @name insertMails */
insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at)
select id, user_id, kind, recipient, subject, body, created_at
from jsonb_to_recordset(:mails!::jsonb) as mail (
  id uuid, user_id uuid, kind text, recipient text, subject text, body text, created_at timestamptz
);

/* Claims mails that are due. `skip locked` gives each mail to one sender; next_attempt_at is the end of the lease. Reads
   the clock instead of the transaction's start, so that a statement that waited does not return an expired lease. */
/* @name claimMails */
with due as materialized (
  select id
  from mail_queue
  where sent_at is null and failed_at is null and next_attempt_at <= clock_timestamp()
  order by next_attempt_at
  limit :limit!::integer
  for update skip locked
)
update mail_queue
set attempts = attempts + 1,
  next_attempt_at = clock_timestamp() + :leaseMs!::double precision * interval '1 millisecond',
  message_id = coalesce(message_id, mail_queue.id::text || '@' || :host!::text)
from due
where mail_queue.id = due.id
returning mail_queue.id, user_id, kind, recipient, subject, body, message_id as "message_id!", attempts;

/* Clears the text of a sent mail: it is personal data that is no longer needed. */
/* @name markMailSent */
update mail_queue
set sent_at = clock_timestamp(), last_error = null, body = ''
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* The number of the attempt identifies the claim, so a claim that has ended changes no row. */
/* @name rescheduleMail */
update mail_queue
set next_attempt_at = clock_timestamp() + :delayMs!::double precision * interval '1 millisecond',
  last_error = left(:error!, 300)
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* Makes a mail a dead letter: no sender claims it while failed_at is set. */
/* @name markMailDead */
update mail_queue
set failed_at = clock_timestamp(), last_error = left(:error!, 300)
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* The order is that of the index on ended mails. */
/* @name listDeadMails */
select id, kind, created_at, failed_at as "failed_at!", attempts, last_error
from mail_queue
where failed_at is not null
order by coalesce(sent_at, failed_at), id
limit :limit!::integer;

/* Makes one dead letter due, or all for null. Attempts start at 0 again, which is safe because no sender holds a claim
   on a dead letter. */
/* @name requeueDeadMails */
update mail_queue
set failed_at = null, attempts = 0, next_attempt_at = clock_timestamp()
where failed_at is not null and (:id::uuid is null or id = :id::uuid);

/* Deletes a dead letter together with its text. */
/* @name deleteDeadMail */
delete from mail_queue where failed_at is not null and id = :id!::uuid;

/* Deletes mails that ended long ago, a bounded number per statement. */
/* @name deleteEndedMails */
delete from mail_queue
where id in (
  select id
  from mail_queue
  where (sent_at is not null or failed_at is not null)
    and coalesce(sent_at, failed_at) < now() - :keptMs!::double precision * interval '1 millisecond'
  limit :limit!::integer
);

/* How many mails wait, and the age of the oldest. Counts at most 10,000. */
/* @name readMailBacklog */
select count(*)::integer as "waiting!",
  (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as "oldest_age_ms!"
from (
  select created_at
  from mail_queue
  where sent_at is null and failed_at is null
  limit 10000
) as waiting;
