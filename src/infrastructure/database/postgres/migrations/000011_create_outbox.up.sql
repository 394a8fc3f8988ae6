-- What happened, written in the transaction that did it. A user's events are appended under the row lock of that user,
-- so that their positions follow the order of commits. Never read with position > cursor: other users' rows with
-- smaller positions may commit later. No reference to users: the last event of a user outlives the row.
-- compatible_from: 6
create table outbox (
  id uuid constraint outbox_pkey primary key,
  position bigint generated always as identity,
  user_id uuid,
  user_version integer,
  type varchar(100) not null,
  data jsonb not null,
  request_id varchar(128) not null,
  occurred_at timestamptz not null,
  constraint outbox_version_with_user check ((user_id is null) = (user_version is null))
);
create unique index outbox_position_key on outbox (position);
