-- loses_data: every session
drop table session_revocations;
drop table sessions;
