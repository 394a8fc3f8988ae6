-- Addresses may have 254 bytes (RFC 5321), and the unique column holds the one canonical form: ASCII, lower case.
-- Where old rows differ only in case, or a domain is not ASCII, somebody has to decide: they are named before anything is
-- locked or changed. From here on new rows are canonical; 000008 puts the old ones into lower case, and checks them.
-- The collation "C" keeps lower() from following the database's language: a Turkish I has no dot.
-- compatible_from: 6
do $$
declare
  named text;
begin
  select string_agg(ids, '; ') into named from (
    select string_agg(id::text, ', ' order by id) as ids
    from users group by lower(email collate "C") having count(*) > 1 order by 1 limit 10
  ) as collisions;
  if named is not null then
    raise exception 'users differ only in the case of their e-mail address, by id: %.', named
      using hint = 'All of them: select array_agg(id) from users group by lower(email collate "C") having count(*) > 1. Rename or remove one of each.';
  end if;
  select string_agg(id::text, ', ' order by id) into named from (
    select id from users where email ~ '[^!-~]' order by id limit 10
  ) as unusual;
  if named is not null then
    raise exception 'users have an e-mail address with other characters than printable ASCII, by id: %.', named
      using hint = 'All of them: select id from users where email ~ ''[^!-~]''. Store the domain as A-labels; a local part has to be ASCII.';
  end if;
end
$$;
alter table users
  alter column email type varchar(254),
  add constraint users_email_canonical check (email = lower(email collate "C") and email !~ '[^!-~]') not valid;
