/*
 * Poll of revocations, with late commits and a database clock that is set.
 * Code: src/application/access/revocations.ts (poll, gap), verify-access-token.ts (cache, epoch),
 * delete-old-revocations.ts, postgres/queries/sessions.sql (listRevokedSessions).
 *
 * Shows: a token that one instance has in its cache is not accepted from there once a poll began after the end of its
 * session was committed elsewhere, while the revocations count as fresh.
 *
 * Disturbances: transactions that commit long after they began, an instance that is paused anywhere, a clock of the
 * database that is set back or forward, and the deletion of old revocations.
 */
#define SESSIONS 2
#ifndef TIME
#define TIME 5       /* ticks of the monotonic clock */
#endif
#define MAX_AGE 1    /* REVOCATION_MAX_AGE_MS */
#define MAX_UNSEEN 2 /* REVOCATION_MAX_UNSEEN_MS */
#define PAUSE 3      /* between two deletions, longer than MAX_UNSEEN */
#define STEPS 1      /* times that the clock of the database is set */

/* Each breaks one rule; the environment variable MUTANT chooses it. */
byte mutant;
#define POLL_BY_TIME (mutant == 1)
#define NO_GAP (mutant == 2)
#define NO_EPOCH (mutant == 3)
#define DELETE_BY_TIME (mutant == 4)
#define GAP_BY_BEGIN (mutant == 5)

#define NEVER 255
/* The protocol does not read this clock; only these mutants do. */
#define BY_TIME (POLL_BY_TIME || DELETE_BY_TIME)
byte now_ = 0, clock = 1, steps = 0;
/* session_revocations: whether a row is there, is committed, and its revoked_at. Sets of sessions are bits. */
byte committed = 0, rows = 0, revokedAt[SESSIONS];
/* sessions that were committed as ended when the last good poll read the database */
byte polled = 0;

/* the instance: revoked, the last good poll with its snapshot, VerifiedTokenCache with its epoch */
byte revoked = 0, lastBegan = NEVER, lastSnapshot = 0, lastClock = 0;
byte verified = 0, epoch = 0;

#define IN(set, s) ((set >> s) & 1)
#define isFresh (lastBegan != NEVER && now_ - lastBegan <= MAX_AGE)

proctype time() {
end:
  do
  :: d_step { now_ < TIME -> now_++; if :: BY_TIME && clock < TIME + 3 -> clock++ :: else fi }
  :: d_step { BY_TIME && steps < STEPS && clock > 2 -> clock = clock - 2; steps++ }
  :: d_step { BY_TIME && steps < STEPS && clock < TIME -> clock = clock + 3; steps++ }
  od
}

/* A transaction on another instance ends a session; it takes its time between the statement and the commit. */
proctype ending(byte s) {
  revokedAt[s] = clock;
  d_step { committed = committed | (1 << s); rows = rows | (1 << s) }
}

proctype poll() {
  byte began, snapshot, found, at, s;
end:
  do
  :: now_ < TIME ->
     began = now_;
     d_step {
       snapshot = committed; at = clock;
       if
       :: POLL_BY_TIME ->
          found = 0;
          s = 0;
          do :: s < SESSIONS ->
                if :: IN(rows, s) && revokedAt[s] >= lastClock -> found = found | (1 << s) :: else fi; s++
             :: else -> break
          od; s = 0
       :: else -> found = rows & ~lastSnapshot & 255
       fi
     }
     d_step {
       if :: !NO_GAP && (lastBegan == NEVER || (GAP_BY_BEGIN -> began : now_) - lastBegan > MAX_UNSEEN) -> verified = 0; epoch++
          :: else
       fi;
       revoked = revoked | found;
       lastBegan = began; lastSnapshot = snapshot; lastClock = at; polled = polled | snapshot;
       began = 0; snapshot = 0; found = 0; at = 0
     }
  od
}

/* createVerifyAccessToken, for a token of the session */
proctype request(byte s) {
  bool live;
  byte before;
end:
  do
  :: d_step { isFresh && IN(verified, s) && !IN(revoked, s) -> assert(!IN(polled, s)) }
  :: d_step { !IN(verified, s) && !IN(revoked, s) -> before = epoch };
     d_step { live = !IN(committed, s) };
     d_step {
       if :: live && !IN(revoked, s) && (NO_EPOCH || before == epoch) -> verified = verified | (1 << s) :: else fi;
       live = false; before = 0
     }
  od
}

/* Deletes what was visible when the previous run ended; a row deleted is found by no poll. */
proctype deletion() {
  byte seenIn = 0, at = NEVER, s;
end:
  do
  :: d_step { !DELETE_BY_TIME && (at == NEVER || now_ - at >= PAUSE) ->
       rows = rows & ~seenIn & 255; seenIn = committed; at = now_ }
  :: d_step { DELETE_BY_TIME && now_ < TIME ->
       s = 0;
       do :: s < SESSIONS ->
             if :: IN(rows, s) && clock - revokedAt[s] >= PAUSE -> rows = rows & ~(1 << s) & 255 :: else fi; s++
          :: else -> break
       od; s = 0 }
  od
}

init {
  atomic {
    c_code { if (getenv("MUTANT")) now.mutant = atoi(getenv("MUTANT")); };
    run time(); run poll(); run ending(0); run ending(1); run request(0); run deletion()
  }
}
