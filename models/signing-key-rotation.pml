/*
 * Rotation of signing keys: a key is published before it signs.
 * Code: src/application/signing-keys/rotate-signing-keys.ts, src/infrastructure/security/key-ring.ts,
 * postgres/queries/signing-keys.sql.
 *
 * Shows: one key signs; a verifier whose copy of the key set is not too old has the key of every token; a key leaves the
 * set only when its last token has expired.
 *
 * Disturbances: two instances that rotate at once, rings of different ages, verifiers that fetch the set at any time from
 * any instance, instances that are paused.
 */
#ifndef KEYS
#define KEYS 2       /* at most 3: with 3 the second one is replaced as well */
#endif
#define INSTANCES 2
#ifndef TIME
#define TIME 8       /* ticks */
#endif
#define RING 2       /* RING_MAX_AGE_MS: a ring of this age signs no more */
#define JWKS 2       /* tokens.jwks_max_age */
#define PUBLISHED 4  /* publishedMs: JWKS + RING */
#define TOKEN 1      /* life of a token */
#define RETIRED 3    /* retiredMs: TOKEN + RING; the code takes the ring twice */

/* Each breaks one rule; the environment variable MUTANT chooses it. */
byte mutant;
#define SIGN_AT_ONCE (mutant == 1)
#define TWO_LEADERS (mutant == 2)
#define OLD_RING (mutant == 3)
#define DELETE_AT_ONCE (mutant == 4)
#define UNPUBLISHED_RING (mutant == 5)

/* table signing_keys: none, next (published), signing, retired; the time of the state. Sets of keys are bits. */
#define NONE 0
#define NEXT 1
#define SIGNING 2
#define GONE 4
#define OLD 3
byte status[3], since[3];
byte now_ = 0;
/* KeyRing of each instance: the keys, the one that signs, when it was loaded */
byte ring[INSTANCES], signing[INSTANCES], loaded[INSTANCES];
/* one verifier: its copy of the set, when it was fetched */
byte jwks = 1, fetched = 0;
/* when a token of each key was issued last */
byte issued[3];

#define SET(k) (1 << k)
#define STORED (((status[0] % 4) -> 1 : 0) | ((status[1] % 4) -> 2 : 0) | ((status[2] % 4) -> 4 : 0))
#define SIGNER (status[0] == SIGNING -> 0 : (status[1] == SIGNING -> 1 : 2))

proctype time() {
end:
  do :: now_ < TIME -> now_++ od
}

/* createRotateSigningKeys: each statement is one step. */
proctype rotation(byte i) {
  byte k, next = 3;
end:
  do
  /* insertNextSigningKey */
  :: d_step { status[0] != NEXT && status[1] != NEXT && status[2] != NEXT && (status[1] == NONE || status[2] == NONE) ->
       k = (status[1] == NONE -> 1 : 2); status[k] = NEXT; since[k] = now_; k = 0 }
  /* updateSigningKey: the next key signs, the former one is retired */
  :: d_step { (status[1] == NEXT && (SIGN_AT_ONCE || now_ - since[1] >= PUBLISHED)) ||
              (status[2] == NEXT && (SIGN_AT_ONCE || now_ - since[2] >= PUBLISHED)) ->
       next = (status[1] == NEXT -> 1 : 2);
       if :: TWO_LEADERS
          :: else -> k = SIGNER; status[k] = OLD; since[k] = now_; status[next] = SIGNING; since[next] = now_; k = 0;
             next = 3
       fi }
  /* as two statements of two leaders: the one that read first retires what signs, the other has done it already */
  :: d_step { next < 3 && TWO_LEADERS -> k = 0;
       do :: k < 3 && status[k] != SIGNING -> k++ :: else -> break od;
       if :: k < 3 -> status[k] = OLD; since[k] = now_ :: else fi; k = 0 };
     d_step { status[next] = SIGNING; since[next] = now_; next = 3 }
  /* deleteRetiredSigningKeys */
  :: d_step { (status[0] == OLD && (DELETE_AT_ONCE || now_ - since[0] >= RETIRED)) ||
              (status[1] == OLD && (DELETE_AT_ONCE || now_ - since[1] >= RETIRED)) ->
       k = (status[0] == OLD && (DELETE_AT_ONCE || now_ - since[0] >= RETIRED) -> 0 : 1);
       assert(now_ - issued[k] >= TOKEN);
       status[k] = GONE; k = 0 }
  od
}

proctype instance(byte i) {
end:
  do
  /* refresh */
  :: d_step { loaded[i] != now_ || ring[i] != STORED -> ring[i] = STORED; signing[i] = SIGNER; loaded[i] = now_ }
  /* signingKey, for a token that the verifier gets at once; the verifier has refreshed a copy that is too old */
  :: d_step { (OLD_RING || now_ - loaded[i] < RING) && now_ - fetched < JWKS && issued[signing[i]] != now_ ->
       assert(jwks & SET(signing[i])); issued[signing[i]] = now_ }
  /* publicJwks: from a ring that is current */
  :: d_step { (UNPUBLISHED_RING || now_ - loaded[i] < RING) && (fetched != now_ || jwks != ring[i]) ->
       jwks = ring[i]; fetched = now_ }
  od
}

proctype check() {
end:
  do :: d_step { (status[0] == SIGNING) + (status[1] == SIGNING) + (status[2] == SIGNING) > 1 -> assert(false) } od
}

init {
  atomic {
    c_code { if (getenv("MUTANT")) now.mutant = atoi(getenv("MUTANT")); };
    status[0] = SIGNING; status[2] = (KEYS == 3 -> NONE : GONE); ring[0] = 1; ring[1] = 1;
    run time(); run rotation(0); run rotation(1); run instance(0); run instance(1); run check()
  }
}
