-- loses_data: every code and link that was sent and not used yet
drop table challenge_sends;
drop table challenge_guesses;
drop table challenges;
drop table challenge_requests;
