-- loses_data: where the history after the last restore begins, so a verification compares it with the one before
alter table event_counter
  drop column restoring_since,
  drop column restored_version,
  drop column restored_sequence;
