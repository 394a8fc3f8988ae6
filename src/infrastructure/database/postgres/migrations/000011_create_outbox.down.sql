-- loses_data: every event that was not published yet
drop table outbox;
