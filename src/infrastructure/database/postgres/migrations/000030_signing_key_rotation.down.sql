-- loses_data: the next signing key, and the times at which keys were published, activated and retired
-- A key that never signed is not needed.
delete from signing_keys where status = 'verifying' and published_at is not null and activated_at is null;
drop index signing_keys_one_next;
alter table signing_keys
  drop column published_at,
  drop column activated_at,
  drop column retired_at;
