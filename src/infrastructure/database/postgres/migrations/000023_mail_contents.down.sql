-- loses_data: the locale of every user, and every mail of a newer build that was not sent yet
-- transaction: none
alter table users drop column if exists locale;
-- step
drop table if exists mail_budget;
-- step
drop index concurrently if exists mail_queue_mailbox_idx;
-- step
drop index concurrently if exists mail_queue_next_due_idx;
-- step
drop trigger if exists mail_queue_hide_from_older_builds on mail_queue;
-- step
drop function if exists hide_mail_from_older_builds();
-- step
delete from mail_queue where subject = '' or user_id is null;
-- step
alter table mail_queue
  drop column if exists locale,
  drop column if exists sealed_content,
  drop column if exists due_at,
  drop column if exists expires_at,
  drop column if exists mailbox,
  drop column if exists admitted_at,
  drop column if exists suppressed,
  alter column user_id set not null;
