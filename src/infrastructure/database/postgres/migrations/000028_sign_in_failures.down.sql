-- loses_data: the counters of wrong passwords, so that every block ends
drop function if exists claim_attempt(bytea, varchar, integer, integer, double precision, double precision);
drop table if exists sign_in_failures;
