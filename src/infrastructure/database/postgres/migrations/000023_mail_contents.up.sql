-- Mails that are written when they are sent: the queue holds kind, locale and sealed values instead of a text. Older
-- builds send subject and body of each mail that next_attempt_at makes due, so the new mails are due at a time of their
-- own: due_at. The trigger keeps next_attempt_at at infinity also when an older build requeues a dead letter.
-- mailbox is the recipient without a subaddress: the limit of mails to one address counts by it.
-- transaction: none
-- compatible_from: 6
alter table mail_queue
  alter column user_id drop not null,
  add column if not exists locale varchar(35),
  add column if not exists sealed_content bytea,
  add column if not exists due_at timestamptz,
  add column if not exists expires_at timestamptz,
  add column if not exists mailbox varchar(254),
  add column if not exists admitted_at timestamptz,
  add column if not exists suppressed boolean not null default false;
-- step
create or replace function hide_mail_from_older_builds() returns trigger language plpgsql as $$
begin
  new.next_attempt_at := 'infinity';
  return new;
end
$$;
-- step
drop trigger if exists mail_queue_hide_from_older_builds on mail_queue;
-- step
create trigger mail_queue_hide_from_older_builds before insert or update on mail_queue
for each row when (new.due_at is not null) execute function hide_mail_from_older_builds();
-- step
create index concurrently if not exists mail_queue_next_due_idx on mail_queue (coalesce(due_at, next_attempt_at))
where sent_at is null and failed_at is null;
-- step
create index concurrently if not exists mail_queue_mailbox_idx on mail_queue (mailbox, created_at, id)
where mailbox is not null and not suppressed;
-- step
-- How many mails the service sent in each hour, for mail.max_per_hour.
create table if not exists mail_budget (
  hour timestamptz constraint mail_budget_pkey primary key,
  admitted integer not null
);
-- step
-- A BCP 47 tag; null for the configured default.
alter table users add column if not exists locale varchar(35);
