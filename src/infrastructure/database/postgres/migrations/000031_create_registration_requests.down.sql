-- loses_data: registrations that were accepted and not carried out yet
drop table registration_requests;
