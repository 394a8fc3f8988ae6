/* Queues the mails of a transaction. Called by MailQueue.enqueue. */
/* @name insertMails */
insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at)
select id, user_id, kind, recipient, subject, body, created_at
from jsonb_to_recordset(:mails!::jsonb) as mail (
  id uuid, user_id uuid, kind text, recipient text, subject text, body text, created_at timestamptz
);

/* Takes mails that are due, each by one sender; the lease is the time after which another one may. The clock, not the
   transaction's start: a claim that waited must not be over before it began. Called by MailStore.claim. */
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

/* The mail server has taken the mail: its text is not needed any more. Called by MailStore.markSent. */
/* @name markMailSent */
update mail_queue
set sent_at = clock_timestamp(), last_error = null, body = ''
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* Puts off the next attempt. Called by MailStore.putOff. */
/* @name putOffMail */
update mail_queue
set next_attempt_at = clock_timestamp() + :delayMs!::double precision * interval '1 millisecond',
  last_error = left(:error!, 300)
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* No further attempt makes sense. Called by MailStore.markFailed. */
/* @name markMailFailed */
update mail_queue
set failed_at = clock_timestamp(), last_error = left(:error!, 300)
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* The mails that were given up, by the time of that. Called by MailAdministration.listFailed. */
/* @name listFailedMails */
select id, kind, created_at, failed_at as "failed_at!", attempts, last_error
from mail_queue
where failed_at is not null
order by coalesce(sent_at, failed_at), id
limit :limit!::integer;

/* Makes given-up mails due again; null means all of them. Their count of attempts begins anew: nobody holds a claim on
   what was given up. Called by MailAdministration.requeueFailed. */
/* @name requeueFailedMails */
update mail_queue
set failed_at = null, attempts = 0, next_attempt_at = clock_timestamp()
where failed_at is not null and (:id::uuid is null or id = :id::uuid);

/* Removes a given-up mail with its text. Called by MailAdministration.dropFailed. */
/* @name deleteFailedMail */
delete from mail_queue where failed_at is not null and id = :id!::uuid;

/* Forgets mails that were sent or given up long ago. Called by MailStore.deleteEnded, which says how many at most. */
/* @name deleteEndedMails */
delete from mail_queue
where id in (
  select id
  from mail_queue
  where (sent_at is not null or failed_at is not null)
    and coalesce(sent_at, failed_at) < now() - :keptMs!::double precision * interval '1 millisecond'
  limit :limit!::integer
);

/* How much waits, and for how long. Counts 10,000 at most. Called by MailStore.backlog. */
/* @name readMailBacklog */
select count(*)::integer as "waiting!",
  (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as "oldest_ms!"
from (
  select created_at
  from mail_queue
  where sent_at is null and failed_at is null
  limit 10000
) as waiting;
