alter table users alter column created_at drop not null, alter column updated_at drop not null;
