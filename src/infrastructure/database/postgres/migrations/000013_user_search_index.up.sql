-- Serves the search by any part of a name or e-mail. The leading blank makes the beginning of a word findable by a
-- pattern such as '% li%', which is what a search for fewer than three characters becomes.
-- transaction: none
-- compatible_from: 6
create index concurrently if not exists users_search_idx on users
using gin (normalize(' ' || first_name || ' ' || last_name || ' ' || email, nfc) gin_trgm_ops);
