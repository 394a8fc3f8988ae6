/*
 * Snapshot, then follow: a copy of the users in another service.
 * Code: src/application/users/export-users.ts, src/application/outbox/feed-use-cases.ts; the consumer is that of the other
 * service.
 *
 * Shows: a consumer that reads the number S of the newest event, then the users page by page in short statements, then
 * the events after S, has the users of the database in the end; the version of a user never goes back in its copy.
 *
 * Disturbances: users that change and are deleted while the pages are read, events that are numbered long after their
 * commits, an export that breaks off, a consumer that is killed.
 */
#define USERS 2
#ifndef EVENTS
#define EVENTS 4
#endif
#define KILLS 1
#define BREAKS 1
#define DELETED 9    /* as a version: the user is deleted */

/* Each breaks one rule; the environment variable MUTANT chooses it. */
byte mutant;
#define POSITION_AFTER_PAGES (mutant == 1)
#define NO_VERSIONS (mutant == 2)
#define NO_LAST_LINE (mutant == 3)
#define IGNORE_DELETED (mutant == 4)
#define CURSOR_BEFORE_EVENTS (mutant == 5)
#define KEEP_BROKEN_EXPORT (mutant == 6)

/* the database: the version of each user, and the events in the order of their commits with the number of the newest */
byte version[USERS + 1], eventUser[EVENTS + 1], eventVersion[EVENTS + 1];
byte events = 0, lastSequence = 0, kills = 0, breaks = 0;
/* the consumer: its table, and the number after which it goes on */
byte copy[USERS + 1], after = 0;
bool isComplete = false;

/* A change and its event commit together. */
proctype writer(byte u) {
end:
  do
  :: d_step { version[u] != DELETED && events < EVENTS ->
       version[u]++; events++; eventUser[events] = u; eventVersion[events] = version[u] }
  :: d_step { version[u] > 0 && version[u] != DELETED && events < EVENTS ->
       version[u] = DELETED; events++; eventUser[events] = u; eventVersion[events] = DELETED }
  od
}

proctype sequencer() {
end:
  do :: lastSequence < events -> lastSequence++ od
}

/* Applies greater versions only, and `deleted` always. */
inline apply(u, v) {
  if
  :: NO_VERSIONS || v > copy[u] -> assert(v >= copy[u]);
     if :: !(IGNORE_DELETED && v == DELETED) -> copy[u] = v :: else fi
  :: else
  fi
}

proctype consumer() {
  byte s, u, n;
  do
  :: !isComplete ->
     s = lastSequence; u = 1;
     do
     /* a page: the users that exist */
     :: d_step { u <= USERS -> if :: version[u] != DELETED && version[u] > 0 -> apply(u, version[u]) :: else fi; u++ }
     :: d_step { u > USERS -> if :: POSITION_AFTER_PAGES -> s = lastSequence :: else fi; after = s; isComplete = true };
        break
     /* the export breaks off: the last line, with the position, is missing; the next one fills an empty table */
     :: d_step { u > 1 && breaks < BREAKS -> breaks++;
          if :: NO_LAST_LINE -> after = s; isComplete = true
             :: KEEP_BROKEN_EXPORT
             :: !NO_LAST_LINE && !KEEP_BROKEN_EXPORT -> copy[1] = 0; copy[2] = 0
          fi }; break
     od
  :: else -> break
  od;
  u = 0; s = 0;
end:
  do
  :: d_step { after < lastSequence -> n = after + 1; if :: CURSOR_BEFORE_EVENTS -> after = n :: else fi };
     if
     :: d_step { kills < KILLS -> kills++; n = 0 }
     :: d_step { apply(eventUser[n], eventVersion[n]); after = n; n = 0 }
     fi
  od
}

proctype check() {
end:
  timeout ->
    /* a user who is deleted and one who never came are the same to the consumer */
    assert(copy[1] % DELETED == version[1] % DELETED); assert(copy[2] % DELETED == version[2] % DELETED)
}

init {
  atomic {
    c_code { if (getenv("MUTANT")) now.mutant = atoi(getenv("MUTANT")); };
    run writer(1); run writer(2); run sequencer(); run consumer(); run check()
  }
}
