-- loses_data: the endpoints of webhooks with their secrets, and the log of deliveries; receivers get no more events
drop function claim_webhook_deliveries(integer, integer, double precision);
drop function queue_webhook_deliveries(integer, integer);
drop table webhook_attempts;
drop table webhook_deliveries;
drop table webhook_secrets;
drop table webhook_endpoints;
