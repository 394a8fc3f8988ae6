-- transaction: none
create index concurrently if not exists idx_users_email on users(email);
