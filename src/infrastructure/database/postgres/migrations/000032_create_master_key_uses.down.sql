-- loses_data: when master keys were last used; running instances write it again within a minute
drop table master_key_uses;
