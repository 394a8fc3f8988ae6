-- Every user has both times. Rows without one get the best that is known, some thousands in a transaction, so that nobody
-- waits long for a row. The constraint is there only because SET NOT NULL, which locks everybody out, would otherwise
-- read the whole table; it is validated under a lock that lets writers pass.
-- transaction: none
-- compatible_from: 2
do $$
declare
  last_id constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  batch_start uuid := '00000000-0000-0000-0000-000000000000';
  batch_end uuid;
begin
  loop
    batch_end := coalesce((select id from users where id > batch_start order by id offset 4999 limit 1), last_id);
    update users
    set created_at = coalesce(created_at, updated_at, now()), updated_at = coalesce(updated_at, created_at, now())
    where id between batch_start and batch_end and (created_at is null or updated_at is null);
    commit;
    exit when batch_end = last_id;
    batch_start := batch_end;
  end loop;
end
$$;
-- step
alter table users
  drop constraint if exists users_times_present,
  add constraint users_times_present check (created_at is not null and updated_at is not null) not valid;
-- step
alter table users validate constraint users_times_present;
-- step
alter table users alter column created_at set not null, alter column updated_at set not null;
-- step
alter table users drop constraint if exists users_times_present;
