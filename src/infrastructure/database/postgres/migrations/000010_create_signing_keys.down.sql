-- loses_data: the signing keys; every access token becomes invalid
drop table signing_keys;
