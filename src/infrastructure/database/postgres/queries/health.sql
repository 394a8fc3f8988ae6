/*
  Reads no table, so that only the connection and the server are tested. A standby reports each transaction as read-only,
  and so does a server whose default is read-only.
*/
/* @name checkHealth */
select current_setting('transaction_read_only') = 'on' as "read_only!";
