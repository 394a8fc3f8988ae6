-- loses_data: every invitation that was not accepted yet
drop table invitations;
