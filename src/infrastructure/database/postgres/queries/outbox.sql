/* Appends the events of a transaction in the given order: positions follow it. One parameter for all of them keeps the
   statement the same for any number of events. */
/* @name insertEvents */
insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
select id, user_id, user_version, type, data, request_id, occurred_at
from rows from (
  jsonb_to_recordset(:events!::jsonb) as (
    id uuid, user_id uuid, user_version integer, type text, data jsonb, request_id text, occurred_at timestamptz
  )
) with ordinality as event (id, user_id, user_version, type, data, request_id, occurred_at, number)
order by number;
