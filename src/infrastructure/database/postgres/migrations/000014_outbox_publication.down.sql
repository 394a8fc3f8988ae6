-- loses_data: which events were published; all that are kept would be published again
drop table relay_lease;
alter table outbox reset (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
alter table outbox
  drop column published_at,
  drop column stream,
  drop column stream_created,
  drop column stream_sequence,
  drop column attempts,
  drop column next_attempt_at,
  drop column last_error,
  drop column parked_at;
