-- loses_data: versions, status and verification of every user
alter table users
  drop column version,
  drop column status,
  drop column email_verified,
  drop column password_form;
