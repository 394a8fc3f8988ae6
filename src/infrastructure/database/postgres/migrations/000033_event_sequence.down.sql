-- loses_data: the numbers of events, so consumers of the feed have to build their copies again
drop trigger note_deleted_events on outbox;
drop function note_deleted_events();
drop function claim_events(uuid, bigint, integer);
drop function number_events(integer);
drop index outbox_unnumbered_idx;
drop index outbox_sequence_idx;
drop table event_counter;
alter table outbox drop column sequence;
