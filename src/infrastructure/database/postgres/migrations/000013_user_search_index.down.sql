-- transaction: none
drop index concurrently if exists users_search_idx;
