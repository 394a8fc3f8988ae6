-- Keys that sign access tokens. The private half is encrypted under security.master_key before it comes here.
-- The partial unique index lets exactly one instance make the first key.
-- compatible_from: 6
create table signing_keys (
  kid varchar(64) constraint signing_keys_pkey primary key,
  algorithm varchar(20) not null,
  public_jwk jsonb not null,
  encrypted_private_key bytea not null,
  status varchar(20) not null constraint signing_keys_status_known check (status in ('signing', 'verifying')),
  created_at timestamptz not null default now()
);
create unique index signing_keys_one_signing on signing_keys (status) where status = 'signing';
