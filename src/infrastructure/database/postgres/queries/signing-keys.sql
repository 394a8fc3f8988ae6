/* Reads all keys, those that only verify included, oldest first. */
/* @name listSigningKeys */
select kid, algorithm, public_jwk, encrypted_private_key, status, created_at
from signing_keys
order by created_at, kid;

/* A partial unique index allows one signing key. When another instance has stored one first, this gives no row. */
/* @name insertSigningKey */
insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status)
values (:kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'signing')
on conflict (status) where status = 'signing' do nothing
returning kid;
