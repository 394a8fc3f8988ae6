-- Fails, and changes nothing, while an address has more than 100 characters. Rewrites the table under a lock that keeps
-- everybody out: for a quiet hour. Addresses stay in lower case.
alter table users drop constraint users_email_canonical;
alter table users alter column email type varchar(100);
