-- Invitations that are not accepted yet. Accepting and revoking delete the row, so that it holds no personal data longer
-- than it is needed. Only the SHA-256 of a token is stored; a token has 256 random bits.
-- compatible_from: 6
create table invitations (
  id uuid constraint invitations_pkey primary key,
  email varchar(254) not null,
  first_name varchar(100),
  last_name varchar(100),
  locale varchar(35),
  token_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index invitations_email_idx on invitations (email);
create index invitations_expires_at_idx on invitations (expires_at);
