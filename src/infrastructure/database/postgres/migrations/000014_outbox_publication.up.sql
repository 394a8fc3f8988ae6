-- What became of each event on its way to the stream, and who may publish. An event waits while published_at is null;
-- the stream's name, creation time and sequence tell later whether the stream still has it.
-- compatible_from: 6
alter table outbox
  add column published_at timestamptz,
  add column stream varchar(255),
  add column stream_created varchar(40),
  add column stream_sequence bigint,
  add column attempts integer not null default 0,
  add column next_attempt_at timestamptz,
  add column last_error varchar(500),
  add column parked_at timestamptz;
-- Rows are updated once and deleted later: clean early, so that looking for waiting events passes few dead ones.
alter table outbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- One relay publishes: the holder, until expires_at. Every mark names its epoch, so that a relay that was overtaken
-- changes nothing. The stream columns say what the stream was known to hold.
create table relay_lease (
  name varchar(50) constraint relay_lease_pkey primary key,
  holder varchar(100) not null,
  epoch bigint not null,
  expires_at timestamptz not null,
  stream varchar(255),
  stream_created varchar(40),
  stream_sequence bigint not null default 0
) with (fillfactor = 10);
