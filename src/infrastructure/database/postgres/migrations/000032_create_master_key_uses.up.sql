-- When instances last sealed with a master key: what was sealed later needs no former one. The key itself is not stored,
-- and its fingerprint is an HMAC that tells nothing about it.
-- compatible_from: 6
create table master_key_uses (
  fingerprint bytea constraint master_key_uses_pkey primary key,
  last_used_at timestamptz not null
);
