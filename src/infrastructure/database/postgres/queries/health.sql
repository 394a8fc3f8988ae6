/* The smallest question that a database can answer. Called by Database.check. */
/* @name checkHealth */
select 1 as "answer!";
