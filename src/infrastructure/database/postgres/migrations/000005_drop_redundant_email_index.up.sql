-- The unique constraint on the column has an index of its own; this second one only made every write dearer.
-- transaction: none
-- compatible_from: 2
drop index concurrently if exists idx_users_email;
