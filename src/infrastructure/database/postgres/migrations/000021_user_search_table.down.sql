-- loses_data: the folded texts of the search, which the migration derives again when it next runs up
-- transaction: none
drop trigger if exists users_fill_search on users;
drop function if exists fill_user_search();
drop table if exists user_search;
drop function if exists search_tokens(text);
drop function if exists fold_for_search(text);
