-- loses_data: every service account
drop table service_accounts;
