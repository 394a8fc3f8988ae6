/*
 * Sequencer: committed events get numbers without gaps; consumers follow by number.
 * Code: src/application/outbox/event-sequencer.ts; postgres/queries/event-feed.sql, and the function number_events of the
 * database with the counter event_counter.
 *
 * Shows: each committed event gets one number; the numbers have no gap and none is given twice; the events of one user
 * are numbered in the order of their commits; a consumer that goes on after its number gets each committed event once.
 *
 * Disturbances: transactions that commit late or are rolled back, two instances that number at once, an instance that is
 * killed while it numbers, a consumer that is killed.
 */
#define ROWS 4       /* positions that are assigned */
#define USERS 2
#define BATCH 2
#define KILLS 1

/* Each breaks one rule; the environment variable MUTANT chooses it. */
byte mutant;
#define CURSOR_BY_POSITION (mutant == 1)
#define NO_LOCK (mutant == 2)
#define COUNTER_APART (mutant == 3)
#define NO_ORDER (mutant == 4)
#define CURSOR_BEFORE_EVENTS (mutant == 5)

/* table outbox by position: 0 none, 1 not committed, 2 committed, 3 rolled back; the user; the number */
byte state[ROWS + 1], user[ROWS + 1], sequence[ROWS + 1];
byte position = 0;
bool given[ROWS + 2];
/* table event_counter, and who has locked its row */
byte lastSequence = 0, lock = 0, kills = 0;
/* the consumer: its table, and the number after which it goes on */
byte got[ROWS + 1], after = 0, lastOf[USERS + 1];

/* Transactions of one user take turns: each locks the row of the user. */
proctype writer(byte u) {
  byte p;
end:
  do
  :: d_step { position < ROWS -> position++; p = position; state[p] = 1; user[p] = u };
     if :: state[p] = 2 :: state[p] = 3 fi;
     p = 0
  od
}

proctype sequencer(byte i) {
  byte newest, p, n, chosen[BATCH];
end:
  do
  :: d_step { (lock == 0 || NO_LOCK) &&
       ((state[1] == 2 && !sequence[1]) || (state[2] == 2 && !sequence[2]) || (state[3] == 2 && !sequence[3]) ||
        (state[4] == 2 && !sequence[4])) ->
       if :: !NO_LOCK -> lock = i :: else fi; newest = lastSequence };
     /* waiting: in the order of position, which is the order of commits within a user */
     d_step {
       n = 0; p = (NO_ORDER -> ROWS : 1);
       do :: p >= 1 && p <= ROWS && n < BATCH ->
             if :: state[p] == 2 && sequence[p] == 0 -> chosen[n] = p; n++ :: else fi;
             p = (NO_ORDER -> p - 1 : p + 1)
          :: else -> break
       od; p = 0
     };
     if
     :: d_step { kills < KILLS -> kills++; if :: lock == i -> lock = 0 :: else fi }
     :: d_step {
          do :: p < n ->
                if :: sequence[chosen[p]] == 0 ->
                      newest++; assert(!given[newest]); given[newest] = true; sequence[chosen[p]] = newest
                   :: else                                              /* the row was numbered meanwhile */
                fi; p++
             :: else -> break
          od; p = 0;
          if :: !COUNTER_APART -> lastSequence = newest :: else fi;
          if :: lock == i && !COUNTER_APART -> lock = 0 :: else fi };
        if :: d_step { COUNTER_APART && kills < KILLS -> kills++; lock = 0 }
           :: d_step { COUNTER_APART -> lastSequence = newest; lock = 0 }
           :: !COUNTER_APART
        fi
     fi;
     d_step { newest = 0; n = 0; chosen[0] = 0; chosen[1] = 0 }
  od
}

inline take(p) { got[p]++; assert(got[p] == 1); assert(lastOf[user[p]] < p); lastOf[user[p]] = p }

/* Applies a page and its number in one transaction of its own. */
proctype consumer() {
  byte p, n, page;
end:
  do
  :: d_step { CURSOR_BY_POSITION && ((after < 1 && state[1] == 2) || (after < 2 && state[2] == 2) ||
       (after < 3 && state[3] == 2) || (after < 4 && state[4] == 2)) ->
       p = after + 1;
       do :: p <= ROWS -> if :: state[p] == 2 -> take(p); after = p :: else fi; p++ :: else -> break od; p = 0 }
  :: d_step { !CURSOR_BY_POSITION && lastSequence > after -> page = lastSequence; n = after;
       if :: CURSOR_BEFORE_EVENTS -> after = page :: else fi };
     if
     :: d_step { kills < KILLS -> kills++ }
     :: d_step {
          n = n + 1;
          do :: n <= page ->
                p = 1;
                do :: p <= ROWS && sequence[p] != n -> p++ :: else -> break od;
                assert(p <= ROWS);                                      /* no gap */
                take(p); n++
             :: else -> break
          od;
          after = page }
     fi;
     d_step { p = 0; n = 0; page = 0 }
  od
}

proctype check() {
  byte p = 1;
end:
  timeout ->
  do :: p <= ROWS -> assert(state[p] != 2 || got[p] == 1); p++ :: else -> break od
}

init {
  atomic {
    c_code { if (getenv("MUTANT")) now.mutant = atoi(getenv("MUTANT")); };
    run writer(1); run writer(2); run sequencer(1); run sequencer(2); run consumer(); run check()
  }
}
