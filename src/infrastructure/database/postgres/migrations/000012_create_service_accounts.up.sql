-- Other services that may call this one. Only the SHA-256 of a key is stored; a key has 256 random bits.
-- compatible_from: 6
create table service_accounts (
  id uuid constraint service_accounts_pkey primary key,
  name varchar(100) not null,
  key_hash bytea not null constraint service_accounts_key_hash_key unique,
  scopes text[] not null constraint service_accounts_scopes_present check (cardinality(scopes) > 0),
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create unique index service_accounts_name_in_use_key on service_accounts (name) where revoked_at is null;
