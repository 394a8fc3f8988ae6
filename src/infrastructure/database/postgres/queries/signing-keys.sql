/* All keys that sign or verify, the oldest first. Called by SigningKeyRepository.list at start, and when a token names
   a key that this instance does not know. */
/* @name listSigningKeys */
select kid, algorithm, public_jwk, encrypted_private_key, status, created_at
from signing_keys
order by created_at, kid;

/* Stores the key that signs, unless another instance was faster: a partial unique index lets one in. Called by
   SigningKeyRepository.insertSigning. */
/* @name insertSigningKey */
insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status)
values (:kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'signing')
on conflict (status) where status = 'signing' do nothing
returning kid;
