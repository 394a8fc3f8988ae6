/* Stores a registration unless so many wait already; then there is no row. */
/* @name insertRegistrationRequest */
insert into registration_requests (id, first_name, last_name, email, phone, locale, password, password_form, expires_at)
select :id!::uuid, :firstName!, :lastName!, :email!, :phone, :locale, :password!, :passwordForm!::smallint,
  clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond'
where (select count(*) from (select from registration_requests limit :maxWaiting!::bigint) as waiting) < :maxWaiting!::bigint
returning id;

/* Locks the oldest registration that no other process holds, behind those that could not be served in this run. */
/* @name lockRegistrationRequest */
select id, first_name, last_name, email, phone, locale, password, password_form
from registration_requests
where expires_at > clock_timestamp()
order by created_at
offset :skipped!::bigint
limit 1
for update skip locked;

/* @name deleteRegistrationRequest */
delete from registration_requests where id = :id!::uuid;

/* Deletes registrations that were not served in time, a bounded number per statement. */
/* @name deleteExpiredRegistrationRequests */
delete from registration_requests
where id in (
  select id from registration_requests where expires_at <= clock_timestamp() limit :limit!::integer
  for update skip locked
);

/* How many requests wait, and since when. */
/* @name readRegistrationRequestBacklog */
select count(*)::integer as "waiting!",
  (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as "oldest_age_ms!"
from (select created_at from registration_requests where expires_at > clock_timestamp() order by created_at limit 10000) as waiting;
