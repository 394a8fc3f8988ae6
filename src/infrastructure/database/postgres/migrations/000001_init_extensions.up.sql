-- Trigram matching, for the search by name and e-mail. A trusted extension: the database's owner may create it.
-- compatible_from: 1
create extension if not exists pg_trgm;
