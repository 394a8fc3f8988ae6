-- loses_data: every mail that was not sent yet
drop table mail_queue;
