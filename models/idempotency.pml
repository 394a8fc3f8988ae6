/*
 * Idempotency record: the answer commits with its effect.
 * Code: src/application/idempotency/answer-once.ts, deferred-commit.ts,
 * src/infrastructure/database/postgres/answer-records.ts, postgres/queries/idempotency.sql.
 *
 * Shows: requests with one key take effect at most once; every answer that a caller gets is that of the effect; a
 * request with other content under the same key gets no answer of the first one and has no effect; a refused request
 * leaves the key free.
 *
 * Disturbances: equal requests on two instances at once, an instance that is killed anywhere, an answer that is lost
 * after the commit, requests that are refused at first and repeated.
 */
#ifndef ATTEMPTS
#define ATTEMPTS 3   /* of each caller */
#endif
#define CALLERS 3    /* the last one sends other content under the same key */
#define KILLS 2
#define REFUSALS 1

/* Each breaks one rule; the environment variable MUTANT chooses it. */
byte mutant;
#define RECORD_AFTER_COMMIT (mutant == 1)
#define RECORD_BEFORE_EFFECT (mutant == 2)
#define NO_LOCK (mutant == 3)
#define NO_FINGERPRINT (mutant == 4)
#define KEEP_REFUSED (mutant == 5)

/* table idempotency_keys: the row of the key: 0 none, else fingerprint (1 or 2); whether it has an answer, and which
   effect the answer is of. `lock` is the transaction that has inserted the row and is not committed. */
byte row = 0, answerOf = 0, lock = 0;
byte effects = 0, kills = 0, refusals = 0;
bool answered[CALLERS + 1];

#define FINGERPRINT(i) (i == CALLERS -> 2 : 1)

/* replay: the stored answer, for equal content only */
inline replay(i) {
  if
  :: !NO_FINGERPRINT && row != FINGERPRINT(i) -> skip                    /* idempotency_key_reused */
  :: else -> assert(row == FINGERPRINT(i)); assert(answerOf != 0); answered[i] = true
  fi
}

proctype caller(byte i) {
  byte attempts = 0;
  bool claimed = false;
  do
  :: attempts == ATTEMPTS || answered[i] -> break
  :: else ->
     attempts++;
     if
     /* answerRecords.find */
     :: d_step { row != 0 && lock == 0 -> replay(i) }
     :: d_step { row == 0 || lock != 0 -> skip };
        if
        /* claimAnswerRecord waits for the transaction that holds the key, at most one second */
        :: d_step { !NO_LOCK && lock != 0 -> skip }                      /* idempotency_in_progress */
        :: d_step { NO_LOCK || (lock == 0 && row == 0) -> claimed = true;
             if :: !NO_LOCK && !RECORD_AFTER_COMMIT -> lock = i :: else fi;
             if :: RECORD_BEFORE_EFFECT -> row = FINGERPRINT(i); answerOf = 1; lock = 0 :: else fi }
        :: d_step { !NO_LOCK && lock == 0 && row != 0 -> replay(i) }     /* AlreadyAnswered */
        fi;
        if
        :: claimed ->
           if
           /* the use case refuses: what it recorded commits, the key is free again */
           :: d_step { refusals < REFUSALS -> refusals++;
                if :: KEEP_REFUSED -> row = FINGERPRINT(i) :: else fi;
                if :: lock == i -> lock = 0 :: else fi }
           /* killed: the transaction is rolled back */
           :: d_step { kills < KILLS -> kills++; if :: lock == i -> lock = 0 :: else fi }
           /* the effect, its answer and the key commit together */
           :: d_step { effects++;
                if :: !RECORD_AFTER_COMMIT -> row = FINGERPRINT(i); answerOf = effects; lock = 0 :: else fi };
              if
              :: d_step { kills < KILLS -> kills++ }                     /* killed: the answer is lost */
              :: d_step { answered[i] = true;
                   if :: RECORD_AFTER_COMMIT -> row = FINGERPRINT(i); answerOf = effects :: else fi }
              fi
           fi
        :: else
        fi;
        claimed = false
     fi
  od
}

proctype check() {
end:
  do :: d_step { effects > 1 -> assert(false) }
     :: d_step { (answered[1] || answered[2]) && answered[CALLERS] -> assert(false) }
     :: d_step { (answered[1] || answered[2] || answered[3]) && effects == 0 -> assert(false) }
     :: d_step { lock == 0 && row != 0 && (answerOf == 0 || answerOf != effects) && !RECORD_BEFORE_EFFECT -> assert(false) }
  od
}

init {
  atomic {
    c_code { if (getenv("MUTANT")) now.mutant = atoi(getenv("MUTANT")); };
    run caller(1); run caller(2); run caller(3); run check()
  }
}
