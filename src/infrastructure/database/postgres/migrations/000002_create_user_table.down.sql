-- loses_data: every user
drop table users;
