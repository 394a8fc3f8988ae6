/* Reads all keys, oldest first. A key that is published and was never activated is the next one. The age is that of the
   state, by the clock of the database. */
/* @name listSigningKeys */
select kid, algorithm, public_jwk, encrypted_private_key, status, created_at, published_at, activated_at, retired_at,
  (extract(epoch from now() - coalesce(retired_at, activated_at, published_at, created_at)) * 1000)::double precision
    as age_ms
from signing_keys
order by created_at, kid;

/* A partial unique index allows one signing key. When another instance has stored one first, this gives no row. */
/* @name insertSigningKey */
insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status, published_at, activated_at)
values (:kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'signing', now(), now())
on conflict (status) where status = 'signing' do nothing
returning kid;

/* Publishes a key that does not sign yet. No row when there is a next key, or when the key that signs is younger. */
/* @name insertNextSigningKey */
insert into signing_keys (kid, algorithm, public_jwk, encrypted_private_key, status, published_at)
select :kid!, :algorithm!, :publicJwk!, :encryptedPrivateKey!, 'verifying', now()
where exists (
  select 1 from signing_keys
  where status = 'signing'
    and coalesce(activated_at, created_at) <= now() - make_interval(secs => :minAgeSeconds!)
)
on conflict ((true)) where status = 'verifying' and published_at is not null and activated_at is null do nothing
returning kid;

/* Lets the next key sign, and the former one verify, when the next key has been published for long enough. One statement:
   the lock on the next key lets one of several instances win, and no crash leaves half of it. */
/* @name updateSigningKey */
with next as (
  select kid from signing_keys
  where status = 'verifying' and published_at is not null and activated_at is null
    and published_at <= now() - make_interval(secs => :publishedSeconds!)
  for update
), former as (
  update signing_keys set status = 'verifying', retired_at = now()
  where status = 'signing' and exists (select 1 from next)
  returning kid
)
update signing_keys set status = 'signing', activated_at = now()
from next, former
where signing_keys.kid = next.kid
returning signing_keys.kid, signing_keys.algorithm, former.kid as former_kid;

/* A key that an older build or an operator retired has no time yet. */
/* @name markRetiredSigningKeys */
update signing_keys set retired_at = now()
where status = 'verifying' and retired_at is null and not (published_at is not null and activated_at is null);

/* Deletes keys whose last token has expired. */
/* @name deleteRetiredSigningKeys */
delete from signing_keys
where status = 'verifying' and retired_at <= now() - make_interval(secs => :retiredSeconds!)
returning kid;

/* The key that signs stays. */
/* @name deleteSigningKey */
delete from signing_keys where kid = :kid! and status = 'verifying' returning kid;

/* Seals a private key again. No row when it has changed since it was read. */
/* @name updateSealedSigningKey */
update signing_keys set encrypted_private_key = :encryptedPrivateKey!
where kid = :kid! and encrypted_private_key = :formerPrivateKey!
returning kid;
