/* Reads no table, so that only the connection and the server are tested. */
/* @name checkHealth */
select 1 as "answer!";
