/*
 * Refresh rotation with grace.
 * Code: src/application/sessions/refresh-session.ts, postgres/queries/sessions.sql (rotateCurrentSession, lockSession).
 *
 * Shows: a token is followed by one successor only; an honest client with two tabs, which repeats a lost request within
 * the grace, keeps its session; a token that was replaced before the grace began ends the session, and after the grace
 * its predecessor does as well, even when the clock of the database is set back.
 *
 * Disturbances: requests in parallel, responses that are lost, a clock of the database that is set back, a thief who
 * presents any earlier token.
 */
#define TOKENS 6     /* tokens of the session, in their order */
#define TABS 2
#define GRACE 1      /* ticks */
#ifndef TIME
#define TIME 7
#endif
#define LOSSES 2
#define STEPS 1
#define NOT_SET 9

/* Each breaks one rule; the environment variable MUTANT chooses it. */
byte mutant;
#define NO_COMPARISON (mutant == 1)
#define NEW_SUCCESSOR (mutant == 2)
#define NO_GRACE (mutant == 3)
#define CLOCK_ONLY (mutant == 4)
#define GRACE_FOR_ALL (mutant == 5)

/* table sessions: refresh_hash, previous_refresh_hash, sealed_successor (the token that it opens to), rotated_at */
byte current = 1, previous = 0, sealed = 0, rotatedAt = 0;
bool ended = false;
byte last = 1;                   /* the newest token that was made */
/* the monotonic time, that of the rotation, and the clock of the database */
byte now_ = 0, rotatedReal = 0, clock = 2, steps = 0;
/* the client: the newest token that it has stored, and what its tabs have sent */
byte held = 1, sent[TABS], losses = 0;
byte successor[TOKENS + 2];

/* isWithinGrace: by the clock, unless an earlier snapshot shows that the rotation is older. A time in the future counts
   for as long as a refresh may wait for the lock, which is less than a tick. */
#define CLOCK_WITHIN (clock >= rotatedAt && clock - rotatedAt <= GRACE)
#define ROTATED_BEFORE (now_ - rotatedReal > GRACE)
#define WITHIN_GRACE (!NO_GRACE && CLOCK_WITHIN && (CLOCK_ONLY || !ROTATED_BEFORE))

/* The statement rotateCurrentSession, or lockSession and rotateSession: the row is locked. The answer is a token or 0. */
inline refresh(t, answer) {
  if
  :: ended -> answer = 0
  :: !ended && (t == current || (NO_COMPARISON && last < TOKENS)) && last < TOKENS + 1 ->
     last++; assert(successor[t] == 0); successor[t] = last;
     previous = t; sealed = last; current = last; rotatedAt = clock; rotatedReal = now_; answer = last
  :: !ended && t != current && (t == previous || GRACE_FOR_ALL) && WITHIN_GRACE && !(NO_COMPARISON && last < TOKENS) ->
     if :: NEW_SUCCESSOR && last < TOKENS -> last++; current = last; answer = last
        :: else -> answer = sealed
     fi
  :: else -> if :: t != current -> ended = true :: else fi; answer = 0
  fi
}

proctype time() {
end:
  do
  :: d_step { now_ < TIME -> now_++; clock++ }
  :: d_step { steps < STEPS && clock >= 2 -> clock = clock - 2; steps++ }
  od
}

/* A tab sends the newest token, while no tab waits with an older one. It repeats a lost request only within the grace. */
proctype tab(byte i) {
  byte t, answer;
end:
  do
  :: atomic { held < TOKENS && (sent[1 - i] == 0 || sent[1 - i] == held) -> t = held; sent[i] = t };
     do
     :: atomic { t == current || now_ - rotatedReal <= GRACE -> refresh(t, answer);
          assert(!ended); assert(answer == successor[t]);
          if
          :: losses < LOSSES -> losses++; answer = 0
          :: true -> if :: answer > held -> held = answer :: else fi; answer = 0; break
          fi }
     :: t != current && now_ - rotatedReal > GRACE -> goto signedOut     /* too late: the user signs in again */
     od;
     atomic { t = 0; sent[i] = 0 }
  od;
signedOut:
  skip
}

/* The client refreshes alone, and a thief presents a token that was replaced. */
proctype client() {
  byte answer;
end:
  do :: d_step { !ended && last < TOKENS -> refresh(current, answer); answer = 0 } od
}

proctype thief() {
  byte t, answer;
  bool mustEnd;
end:
  do
  :: atomic { !ended && current > 1 ->
       t = 1;
       do :: t + 1 < current -> t++ :: break od;
       mustEnd = (t != previous || ROTATED_BEFORE);
       refresh(t, answer);
       assert(!mustEnd || ended);
       assert(ended || answer == successor[t]);
       t = 0; answer = 0; mustEnd = false }
  od
}

init {
  atomic {
    c_code { if (getenv("MUTANT")) now.mutant = atoi(getenv("MUTANT")); };
    run time();
    if
    :: steps = STEPS; run tab(0); run tab(1)     /* the clock is not set: a retry could come outside the grace then */
    :: run client(); run thief()
    fi
  }
}
