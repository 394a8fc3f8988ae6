-- Mail that somebody is owed, written in the transaction that causes it and sent afterwards. A claim is the number of
-- the attempt: it raises attempts and moves next_attempt_at to the end of its lease, so that the mail of a sender that
-- was killed falls due again, and a sender whose lease ran out cannot overwrite what the next one found. No reference
-- to users: the notice outlives the row.
-- compatible_from: 6
create table mail_queue (
  id uuid constraint mail_queue_pkey primary key,
  user_id uuid not null,
  kind varchar(50) not null,
  recipient varchar(254) not null,
  subject varchar(200) not null,
  body text not null,
  message_id varchar(300),
  created_at timestamptz not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  sent_at timestamptz,
  failed_at timestamptz,
  last_error varchar(300),
  constraint mail_queue_one_end check (sent_at is null or failed_at is null),
  constraint mail_queue_header_text check ((recipient || subject) !~ '[[:cntrl:]]')
);
create index mail_queue_due_idx on mail_queue (next_attempt_at) where sent_at is null and failed_at is null;
create index mail_queue_ended_idx on mail_queue (coalesce(sent_at, failed_at)) where sent_at is not null or failed_at is not null;
