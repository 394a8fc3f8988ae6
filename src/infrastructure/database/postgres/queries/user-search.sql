/* Folds a text by the function that folds what is stored, so that the two can be compared. */
/* @name foldSearchText */
select fold_for_search(:text!) as "folded!";

/* Looks at the next users by id, at most `rows` of them. Gives the matches, and the last row that was looked at, so that
   the next page can start after it. Stops early when `matches` rows were found. */
/* @name walkUserSearch */
select user_id, number as "number!", searched like :pattern! as "matches!"
from (
  select user_id, searched, row_number() over (order by user_id) as number
  from user_search
  where user_id > :afterId!
  order by user_id
  limit :rows!
) as walked
where searched like :pattern! or number = :rows!
order by user_id
limit :matches!;

/* Gives the rarest of the tokens, and an estimate of how many users have the rarest: the index reads at least that many
   entries. Counts in at most 200 rows at random places of the table, so that it costs the same for any number of users.
   A table that was never analyzed gives no sample and the estimate 0. */
/* @name findRarestSearchTokens */
with size as (
  select greatest(reltuples, 0)::float8 as rows, greatest(relpages, 1) as pages
  from pg_class where oid = 'user_search'::regclass
), sample as materialized (
  select searched from user_search
  where ctid = any (array(
    select format('(%s,%s)', floor(random() * pages)::bigint, 1 + floor(random() * ceil(rows / pages))::integer)::tid
    from size, generate_series(1, 200)
  ))
)
select token as "token!",
  (select rows from size) * (select count(*) from sample where strpos(searched, token) > 0)
    / greatest((select count(*) from sample), 1) as "entries!"
from unnest(:tokens!::text[]) as token
order by 2
limit :rarest!;

/* Reads at most `candidates` users who have all tokens, in no order, and gives those after `afterId` that match. When
   there are that many candidates, matches may be missing. The tokens are those of search_tokens; the index serves the
   condition without reading the rows. Run it unprepared: the best plan depends on the values. */
/* @name findUserSearchCandidates */
with candidates as materialized (
  select user_id, searched from user_search
  where search_tokens(searched) collate "C" @> :tokens!::text[]
  limit :candidates!
)
select (select count(*) from candidates) as "candidates!", array(
  select user_id from candidates
  where searched like :pattern! and user_id > :afterId!
  order by user_id
  limit :matches!
) as "ids!";

