-- Puts the old addresses into lower case, some thousands of rows in a transaction, and checks the old rows under a lock
-- that lets writers pass.
-- transaction: none
-- compatible_from: 6
do $$
declare
  last_id constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  batch_start uuid := '00000000-0000-0000-0000-000000000000';
  batch_end uuid;
begin
  loop
    batch_end := coalesce((select id from users where id > batch_start order by id offset 4999 limit 1), last_id);
    update users set email = lower(email collate "C")
    where id between batch_start and batch_end and email <> lower(email collate "C");
    commit;
    exit when batch_end = last_id;
    batch_start := batch_end;
  end loop;
end
$$;
-- step
alter table users validate constraint users_email_canonical;
-- step
alter table users validate constraint users_version_positive;
-- step
alter table users validate constraint users_status_known;
