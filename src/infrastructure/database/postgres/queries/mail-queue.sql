/* Queues the mails of a transaction in one statement. A security notice is due an hour earlier, so that it overtakes
   the mails of the last hour. */
/* @name insertMails */
insert into mail_queue (
  id, user_id, kind, recipient, mailbox, locale, sealed_content, subject, body, created_at, expires_at, due_at
)
select id, user_id, kind, recipient, mailbox, locale, sealed_content, '', '', created_at, expires_at,
  clock_timestamp() - case when notice then interval '1 hour' else interval '0' end
from jsonb_to_recordset(:mails!::jsonb) as mail (
  id uuid, user_id uuid, kind text, recipient text, mailbox text, locale text, sealed_content bytea,
  created_at timestamptz, expires_at timestamptz, notice boolean
);

/* Claims mails that are due. `skip locked` gives each mail to one sender; the end of the lease is when the mail is due
   again. Mails of builds that wrote texts into the queue have no due_at, and next_attempt_at says it for them; for the
   others a trigger keeps next_attempt_at at infinity. Reads the clock instead of the transaction's start, so that a
   statement that waited does not return an expired lease. */
/* @name claimMails */
with due as materialized (
  select id
  from mail_queue
  where sent_at is null and failed_at is null and coalesce(due_at, next_attempt_at) <= clock_timestamp()
  order by coalesce(due_at, next_attempt_at)
  limit :limit!::integer
  for update skip locked
), lease as (
  select clock_timestamp() + :leaseMs!::double precision * interval '1 millisecond' as ends_at
)
update mail_queue
set attempts = attempts + 1,
  next_attempt_at = lease.ends_at,
  due_at = case when due_at is not null then lease.ends_at end,
  message_id = coalesce(message_id, mail_queue.id::text || '@' || :host!::text)
from due, lease
where mail_queue.id = due.id
returning mail_queue.id, user_id, kind, recipient, subject, body, locale, sealed_content,
  message_id as "message_id!", attempts, due_at is null as "is_text!",
  coalesce(expires_at <= clock_timestamp(), false) as "expired!",
  (admitted_at is not null or due_at is null) as "admitted!";

/* Decides once whether a mail may be sent: it must be within the limit of its mailbox, counted over the mails queued
   before it, and within the limit of the whole service in this hour. The offsets bound what is read: so many earlier
   mails are enough to refuse. */
/* @name markMailAdmitted */
with mail as (
  select id, mailbox, created_at
  from mail_queue
  where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null
), mailbox as (
  select (
    exists (
      select from mail_queue earlier
      where earlier.mailbox = mail.mailbox and not earlier.suppressed
        and (earlier.created_at, earlier.id) < (mail.created_at, mail.id)
        and earlier.created_at > mail.created_at - interval '1 hour'
      offset :mailboxPerHour!::integer - 1
    ) or exists (
      select from mail_queue earlier
      where earlier.mailbox = mail.mailbox and not earlier.suppressed
        and (earlier.created_at, earlier.id) < (mail.created_at, mail.id)
        and earlier.created_at > mail.created_at - interval '1 day'
      offset :mailboxPerDay!::integer - 1
    )
  ) as is_full
  from mail
), budget as (
  insert into mail_budget (hour, admitted)
  select date_trunc('hour', clock_timestamp(), 'UTC'), 1
  from mailbox
  where not is_full
  on conflict (hour) do update set admitted = mail_budget.admitted + 1
  where mail_budget.admitted < :servicePerHour!::integer
  returning hour
), admitted as (
  update mail_queue
  set admitted_at = clock_timestamp()
  from budget
  where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null
  returning id
)
select coalesce((select is_full from mailbox), false) as "mailbox_is_full!",
  exists (select from admitted) as "admitted!";

/* Deletes the content of a sent mail: it is personal data that is no longer needed. */
/* @name markMailSent */
update mail_queue
set sent_at = clock_timestamp(), last_error = null, body = '', sealed_content = null
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* The number of the attempt identifies the claim, so a claim that has ended changes no row. */
/* @name rescheduleMail */
with pause as (
  select clock_timestamp() + :delayMs!::double precision * interval '1 millisecond' as ends_at
)
update mail_queue
set next_attempt_at = pause.ends_at,
  due_at = case when due_at is not null then pause.ends_at end,
  last_error = left(:error!, 300)
from pause
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* Makes a mail a dead letter: no sender claims it while failed_at is set. Content with a secret is deleted. */
/* @name markMailDead */
update mail_queue
set failed_at = clock_timestamp(), last_error = left(:error!, 300), suppressed = :suppressed!::boolean,
  sealed_content = case when :keepContent!::boolean then sealed_content end
where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null;

/* The order is that of the index on ended mails. */
/* @name listDeadMails */
select id, kind, created_at, failed_at as "failed_at!", attempts, last_error
from mail_queue
where failed_at is not null
order by coalesce(sent_at, failed_at), id
limit :limit!::integer;

/* Makes one dead letter due, or all for null, whatever the limits. One whose content was deleted stays dead. Attempts
   start at 0 again, which is safe because no sender holds a claim on a dead letter. */
/* @name requeueDeadMails */
update mail_queue
set failed_at = null, attempts = 0, next_attempt_at = clock_timestamp(),
  due_at = case when due_at is not null then clock_timestamp() end,
  admitted_at = clock_timestamp(), suppressed = false
where failed_at is not null and (:id::uuid is null or id = :id::uuid)
  and (sealed_content is not null or due_at is null);

/* Deletes a dead letter together with its content. */
/* @name deleteDeadMail */
delete from mail_queue where failed_at is not null and id = :id!::uuid;

/* Deletes mails that ended long ago, a bounded number per statement, and the counts of hours that ended. */
/* @name deleteEndedMails */
with ended_hours as (
  delete from mail_budget where hour < now() - interval '1 day'
)
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
