/*
 * Relay with lease and epoch.
 * Code: src/application/outbox/relay-outbox.ts (rounds, lease), claim-events.ts (claims), in-flight-events.ts (outcomes),
 * send-events.ts (order of sending), stream-reconciler.ts (compare, reset, detectRewind), postgres/queries/relay.sql
 * (statements).
 *
 * Shows: the stream gets each committed version of one user, once and in order; no other version; and at the end each of
 * them is marked with the sequence at which the stream holds it.
 *
 * Disturbances: a transaction that is rolled back, an instance that is killed, a lease that expires at any time, an
 * acknowledgement that is lost or late, a broker that loses the end of its stream with its connections and then may or
 * may not remember the ids, and ids that leave the duplicate window.
 */
#ifndef VERSIONS
#define VERSIONS 3   /* events of one user */
#endif
#ifndef TERMS
#define TERMS 2      /* times that the lease is acquired */
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef LOSSES
#define LOSSES 1     /* times that the broker loses a tail */
#endif
#ifndef FORGETS
#define FORGETS 1    /* times that an id leaves the duplicate window */
#endif
#ifndef ROLLBACKS
#define ROLLBACKS 1
#endif
#ifndef UNKNOWNS
#define UNKNOWNS 0   /* acknowledgements that are given up while the message or its answer is on the way */
#endif

/* Each breaks one rule; the environment variable MUTANT chooses it. */
byte mutant;
#define PUBLISH_BEFORE_COMMIT (mutant == 1)
#define NO_EPOCH (mutant == 2)
#define NO_DEDUPLICATION (mutant == 3)
#define NO_LOOK (mutant == 4)
#define NO_RECONCILE (mutant == 5)
#define SEND_ALL_AT_ONCE (mutant == 6)
#define SEND_AFTER_BREAK (mutant == 7)
#define COMPARE_BEFORE_MARK (mutant == 8)

/* table outbox: versions 1..committed; stream_sequence of each, 0 while it waits */
byte committed = 0, writing = 0, rollbacks = 0;
byte marked[4];
/* table relay_lease: epoch, stream_sequence, and whether it has expired */
byte epoch = 0, recorded = 0;
bool leased = false;
/* the stream, and the ids inside the duplicate window */
byte stream[VERSIONS + 1], last = 0, connection = 0, losses = 0;
bool remembered[VERSIONS + 1];
byte forgets = 0, kills = 0, unknowns = 0;

/* one connection for each relay: message (epoch of the sender, version, previous version or 0) and acknowledgement
   (epoch, version, sequence or 0 for held back, duplicate) */
chan wire[2] = [2] of { byte, byte, byte };
chan acks[2] = [3] of { byte, byte, byte, bool };

/* LeadershipTerm: the epoch, 0 without a lease; whether the lease may still be used; what is known of the stream */
byte term[2], known[2], seen[2];
bool maySend[2], stale[2];
/* UserInFlight: versions first[]..to[]; next to send; highest sequence known when they were sent */
byte first[2], to[2], next[2], before[2], holding[2];
/* outcome of each: 0 on the way, 1 failed, 2 published */
typedef Outcomes { byte kind[4]; byte place[4]; bool duplicate[4] }
Outcomes outcome[2];

#define HELD(i) (NO_EPOCH || term[i] == epoch)
#define VISIBLE (PUBLISH_BEFORE_COMMIT -> committed + writing : committed)
#define MAY_FOLLOW(i) (SEND_ALL_AT_ONCE || next[i] == first[i] || outcome[i].kind[next[i] - 1] == 2 || holding[i] == 1)

byte x, y;  /* scratch of atomic steps, 0 between them */

/* A transaction that is not committed is seen by the mutant alone. */
proctype writer() {
end:
  do
  :: atomic { PUBLISH_BEFORE_COMMIT && committed < VERSIONS && writing == 0 -> writing = 1 }
  :: atomic { writing == 1 -> writing = 0; committed++ }
  :: atomic { writing == 1 && rollbacks < ROLLBACKS -> writing = 0; rollbacks++ }
  :: !PUBLISH_BEFORE_COMMIT && committed < VERSIONS -> committed++
  od
}

/* Releases the user without a mark. */
inline discard(i) {
  x = 1;
  do :: x <= VERSIONS -> outcome[i].kind[x] = 0; outcome[i].place[x] = 0; outcome[i].duplicate[x] = false; x++
     :: else -> break
  od;
  x = 0; first[i] = 0; to[i] = 0; next[i] = 0; before[i] = 0; holding[i] = 0
}

inline endTerm(i) { term[i] = 0; known[i] = 0; maySend[i] = false; stale[i] = false; discard(i) }

/* resetPublished: what was marked above this sequence waits again */
inline resetPublished(after) {
  x = 1;
  do :: x <= VERSIONS ->
        if :: marked[x] > after -> marked[x] = 0 :: else fi; x++
     :: else -> break
  od;
  x = 0
}

#define UNRECORDED(i) (outcome[i].kind[1] == 2 || outcome[i].kind[2] == 2 || outcome[i].kind[3] == 2)

proctype relay(byte i) {
  byte e, v, s;
  bool d;
end:
  do
  /* holdLease */
  :: d_step { term[i] == 0 && !leased && epoch < TERMS && seen[i] == connection ->
       leased = true; epoch++; term[i] = epoch; known[i] = recorded; maySend[i] = true; stale[i] = true }
  /* the lease was lost: the sendings settle, then their outcomes are dropped */
  :: d_step { term[i] != 0 && term[i] != epoch && (first[i] == 0 || !HELD(i)) -> endTerm(i) }
  /* the connection breaks once everything that it had delivered is read */
  :: d_step { seen[i] != connection && empty(acks[i]) -> seen[i] = connection; stale[i] = (term[i] != 0);
       x = first[i];
       do :: x != 0 && x < next[i] ->
             if :: outcome[i].kind[x] == 0 -> outcome[i].kind[x] = 1 :: else fi; x++
          :: else -> break
       od; x = 0;
       /* the comparison is older than the connection: mayStillSend is false for the rest of the batch */
       if :: !SEND_AFTER_BREAK && first[i] != 0 -> holding[i] = 2 :: else fi }
  /* reconcile: compare with the marks, and reset what is lost while nothing is in flight */
  :: d_step { term[i] != 0 && maySend[i] && stale[i] && seen[i] == connection && (COMPARE_BEFORE_MARK || !UNRECORDED(i)) &&
       (last >= known[i] || first[i] == 0) ->
       if :: !HELD(i) -> endTerm(i)
          :: else ->
             if :: !NO_RECONCILE && last < known[i] -> resetPublished(last); recorded = last; known[i] = last :: else fi;
             stale[i] = false
       fi }
  /* claim: the waiting events of an idle user; an old one is looked for in the stream first (findSent) */
  :: d_step { term[i] != 0 && maySend[i] && !stale[i] && first[i] == 0 ->
       x = 1;
       do :: x <= VISIBLE && marked[x] != 0 -> x++ :: else -> break od;
       if :: x <= VISIBLE ->
             first[i] = x; next[i] = x; to[i] = VISIBLE; before[i] = known[i];
             /* only the events before the first one that was marked later */
             y = x + 1;
             do :: y <= to[i] && marked[y] == 0 -> y++ :: else -> break od;
             to[i] = y - 1; y = 0
          :: else -> skip
       fi; x = 0 }
  /* send: the first ones one after the other, until one was added; then each names the one before it */
  :: d_step { first[i] != 0 && next[i] <= to[i] && holding[i] != 2 && maySend[i] && nfull(wire[i]) &&
       seen[i] == connection && MAY_FOLLOW(i) ->
       v = next[i];
       x = 1;
       do :: x <= last && stream[x] != v -> x++ :: else -> break od;
       if
       :: !NO_LOOK && !remembered[v] && x <= last && forgets > 0 ->     /* found: it is older than the duplicate window */
          outcome[i].kind[v] = 2; outcome[i].place[v] = x; outcome[i].duplicate[v] = true
       :: else ->
          wire[i]!term[i],v,(holding[i] == 1 -> v - 1 : 0)
       fi;
       next[i]++; v = 0; x = 0 }
  /* an acknowledgement, of this term or of one that has ended */
  :: d_step { acks[i]?e,v,s,d ->
       if :: e == term[i] && first[i] <= v && v < next[i] && first[i] != 0 && outcome[i].kind[v] == 0 ->
             if :: s == 0 -> outcome[i].kind[v] = 1; holding[i] = 2
                :: else ->
                   /* holds: a broker that remembers the id of an event that its stream has lost */
                   if :: d && !(s <= last && stream[s] == v) -> outcome[i].kind[v] = 1; holding[i] = 2
                      :: else ->
                         outcome[i].kind[v] = 2; outcome[i].place[v] = s; outcome[i].duplicate[v] = d;
                         if :: !d && s <= before[i] -> holding[i] = 2      /* given twice: holdBack(rest) */
                            :: !d && s > before[i] && holding[i] == 0 -> holding[i] = 1
                            :: else
                         fi
                   fi
             fi
          :: else -> skip
       fi; e = 0; v = 0; s = 0; d = false }
  /* OutcomeUnknown: the deadline of a sending ends it */
  :: d_step { first[i] != 0 && unknowns < UNKNOWNS ->
       x = first[i];
       do :: x < next[i] && outcome[i].kind[x] != 0 -> x++ :: else -> break od;
       if :: x < next[i] -> outcome[i].kind[x] = 1; holding[i] = 2; unknowns++ :: else fi; x = 0 }
  /* a failure holds the rest back */
  :: d_step { first[i] != 0 && next[i] <= to[i] && (holding[i] == 2 || !maySend[i]
       || (next[i] > first[i] && outcome[i].kind[next[i] - 1] == 1)) -> to[i] = next[i] - 1;
       if :: to[i] < first[i] -> discard(i) :: else fi }
  /* mark: every sending has ended; detectRewind first. Marks of the first ones alone only add intermediate states. */
  :: d_step { first[i] != 0 && next[i] > to[i] ->
       x = first[i];
       do :: x <= to[i] && outcome[i].kind[x] != 0 -> x++ :: else -> break od;
       if :: x <= to[i] -> x = 0
          :: else -> x = 0;
             if :: !HELD(i) -> endTerm(i)
                :: else ->
                   /* the lowest place that was given twice */
                   y = 0; x = to[i];
                   do :: x >= first[i] && x > 0 ->
                         if :: outcome[i].kind[x] == 2 && !outcome[i].duplicate[x] && outcome[i].place[x] <= before[i] ->
                               y = outcome[i].place[x]
                            :: else
                         fi; x--
                      :: else -> break
                   od; x = 0;
                   if :: y != 0 -> resetPublished(y - 1); recorded = y - 1; known[i] = y - 1 :: else fi;
                   y = first[i];
                   do :: y <= to[i] ->
                         if :: outcome[i].kind[y] == 2 && marked[y] == 0 ->
                               marked[y] = outcome[i].place[y];
                               if :: marked[y] > recorded -> recorded = marked[y] :: else fi
                            :: else
                         fi; y++
                      :: else -> break
                   od; y = 0;
                   known[i] = recorded;
                   discard(i)
             fi
       fi }
  /* killed, and started again */
  :: d_step { term[i] != 0 && kills < KILLS -> kills++; endTerm(i) }
  od
}

/* Time: a lease that is not renewed ends for its holder first, then in the database. Ids leave the duplicate window only
   when no copy is on the way and no relay may still send one that it claimed inside the window. */
proctype time() {
end:
  do
  :: d_step { leased && epoch < TERMS -> leased = false; maySend[0] = false; maySend[1] = false }
  :: d_step { forgets < FORGETS && last > 0 && empty(wire[0]) && empty(wire[1]) && first[0] == 0 && first[1] == 0 ->
       x = 1; do :: x <= VERSIONS -> remembered[x] = false; x++ :: else -> break od; x = 0; forgets++ }
  od
}

proctype broker() {
  byte i, e, v, p;
end:
  do
  :: atomic { (nempty(wire[0]) && nfull(acks[0])) || (nempty(wire[1]) && nfull(acks[1])) ->
       if :: nempty(wire[0]) && nfull(acks[0]) -> i = 0 :: nempty(wire[1]) && nfull(acks[1]) -> i = 1 fi;
       wire[i]?e,v,p;
       if
       :: remembered[v] && !NO_DEDUPLICATION ->
          x = 1;
          do :: x <= last && stream[x] != v -> x++ :: else -> break od;
          acks[i]!e,v,x,true
       :: else ->
          if :: p != 0 && (last == 0 || stream[last] != p) -> acks[i]!e,v,0,false
             :: else ->
                assert(v <= committed);                                     /* nothing that was not committed */
                assert(last < VERSIONS && v == (last == 0 -> 1 : stream[last] + 1));   /* once, in order */
                last++; stream[last] = v; remembered[v] = true;
                acks[i]!e,v,last,false
          fi
       fi;
       x = 0; i = 0; e = 0; v = 0; p = 0 }
  /* the power fails: the tail is lost, the connections break; another replica may remember the ids */
  :: atomic { losses < LOSSES && last > 0 -> losses++; connection++;
       do :: wire[0]?e,v,p :: wire[1]?e,v,p :: empty(wire[0]) && empty(wire[1]) -> break od; e = 0; v = 0; p = 0;
       if :: remembered[stream[last]] = false :: skip fi;
       stream[last] = 0; last--;
       if :: last > 0 -> remembered[stream[last]] = false; stream[last] = 0; last-- :: skip fi }
  /* the duplicate window of an id whose event was lost passes */
  :: d_step { empty(wire[0]) && empty(wire[1]) ->
       x = 1;
       do :: x <= VERSIONS && !(remembered[x] && (last == 0 || x > stream[last])) -> x++ :: else -> break od;
       if :: x <= VERSIONS -> remembered[x] = false :: else fi; x = 0 }
  od
}

/* Nothing can happen any more: everything is in the stream, and marked where it is. */
proctype check() {
end:
  timeout ->
    x = 1;
    do :: x <= VERSIONS ->
          assert(epoch == TERMS && kills == KILLS || (last == VERSIONS && stream[x] == x && marked[x] == x)); x++
       :: else -> break
    od
}

init {
  atomic {
    c_code { if (getenv("MUTANT")) now.mutant = atoi(getenv("MUTANT")); };
    run writer(); run relay(0); run relay(1); run time(); run broker(); run check()
  }
}
