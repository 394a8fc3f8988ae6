/*
 * Cache lease: a fill against an invalidation.
 * Code: src/infrastructure/cache/redis-commands.ts (leases, fills), cached-user-reader.ts, pending-invalidations.ts.
 *
 * Shows: a reader that starts after an invalidation was acknowledged gets no value from before its commit.
 *
 * Disturbances: keys that are evicted or expire, leases that expire while their holder loads, a failover to a server that
 * lacks the last write, two instances.
 */
#define VERSIONS 3   /* commits that write the user */
#define READERS 2
#ifndef LEASES
#define LEASES 4     /* leases that are taken in all */
#endif
#define EVICTIONS 2
#define FAILOVERS 1

/* Each breaks one rule; the environment variable MUTANT chooses it. */
byte mutant;
#define FILL_WITHOUT_LEASE (mutant == 1)
#define LOAD_BEFORE_LEASE (mutant == 2)
#define INVALIDATE_BEFORE_COMMIT (mutant == 3)
#define REUSED_LEASE (mutant == 4)
#define NO_REPETITION (mutant == 5)
#define NO_WARM_UP (mutant == 6)

/* the database */
byte committed = 0;
/* the key: absent, `l` and the token of a lease, or `v` and a version. `replica` lacks the last write. */
#define ABSENT 0
#define LEASE 1
#define VALUE 2
byte kind = ABSENT, content = 0, replicaKind = ABSENT, replicaContent = 0;
byte leases = 0, evictions = 0, failovers = 0;
/* the version whose invalidation was acknowledged; RedisGuard.isTrusted; invalidations that are to be repeated */
byte acknowledged = 0;
bool trusted = true, recent = false, repeat = false;

inline set(k, c) { replicaKind = kind; replicaContent = content; kind = k; content = c }

/* A commit, then the invalidation, which is acknowledged or repeated until it is. */
proctype writer() {
  byte version;
  do
  :: committed < VERSIONS ->
     if
     :: INVALIDATE_BEFORE_COMMIT -> d_step { set(ABSENT, 0); recent = true }; committed++;
        d_step { if :: committed > acknowledged -> acknowledged = committed :: else fi }
     :: else -> committed++; version = committed;
        d_step { set(ABSENT, 0); recent = true; acknowledged = version; version = 0 }
     fi
  :: committed == VERSIONS -> break
  od
}

proctype reader() {
  byte lease, loaded, need;
end:
  do
  :: d_step { leases < LEASES -> need = acknowledged };
     if
     :: d_step { LOAD_BEFORE_LEASE -> loaded = committed }
     :: !LOAD_BEFORE_LEASE
     fi;
     if
     :: d_step { trusted && kind == VALUE -> assert(content >= need); need = 0; loaded = 0 }
     :: d_step { !trusted || kind == LEASE || leases == LEASES -> need = 0; loaded = 0 }          /* bypass: the source decides */
     :: d_step { trusted && kind == ABSENT && leases < LEASES ->
          leases++; lease = (REUSED_LEASE -> 1 : leases); set(LEASE, lease) };
        if
        :: d_step { !LOAD_BEFORE_LEASE -> loaded = committed }
        :: LOAD_BEFORE_LEASE
        fi;
        d_step {
          if :: FILL_WITHOUT_LEASE || (kind == LEASE && content == lease) -> set(VALUE, loaded) :: else fi;
          lease = 0; loaded = 0; need = 0
        }
     fi
  od
}

proctype redis() {
end:
  do
  :: d_step { evictions < EVICTIONS && kind != ABSENT -> set(ABSENT, 0); evictions++ }
  /* a replica without the last write takes over; every connection breaks */
  :: d_step { failovers < FAILOVERS && !repeat -> failovers++; kind = replicaKind; content = replicaContent;
       repeat = recent && !NO_REPETITION; trusted = NO_WARM_UP }
  /* onReconnected: the invalidations of the last 10 s are repeated */
  :: d_step { repeat -> set(ABSENT, 0); repeat = false }
  /* the warm-up is longer than any instance takes to repeat them */
  :: d_step { !trusted && !repeat -> trusted = true }
  od
}

init {
  atomic {
    c_code { if (getenv("MUTANT")) now.mutant = atoi(getenv("MUTANT")); };
    run writer(); run reader(); run reader(); run redis()
  }
}
