export interface Search {
  /** Bounds that differ from those in the file. */
  readonly defines: readonly string[];
  readonly minStates: number;
}

interface Model {
  /** Of `models/<name>.pml`. */
  readonly name: string;
  /** The files whose protocol it is, and which name it. */
  readonly code: readonly string[];
  readonly searches: readonly [Search, ...Search[]];
  /** Each breaks one rule of the protocol, in the order of their numbers. */
  readonly mutants: readonly string[];
}

export const models: readonly Model[] = [
  {
    name: 'relay',
    code: [
      'src/application/outbox/relay-outbox.ts',
      'src/application/outbox/in-flight-events.ts',
      'src/application/outbox/send-events.ts',
      'src/application/outbox/stream-reconciler.ts',
    ],
    searches: [
      { defines: [], minStates: 200_000 },
      { defines: ['VERSIONS=2', 'UNKNOWNS=1'], minStates: 200_000 },
    ],
    mutants: [
      'PUBLISH_BEFORE_COMMIT',
      'NO_EPOCH',
      'NO_DEDUPLICATION',
      'NO_LOOK',
      'NO_RECONCILE',
      'SEND_ALL_AT_ONCE',
      'SEND_AFTER_BREAK',
      'COMPARE_BEFORE_MARK',
    ],
  },
  {
    name: 'revocation',
    code: [
      'src/application/access/revocations.ts',
      'src/application/access/verify-access-token.ts',
      'src/application/access/delete-old-revocations.ts',
    ],
    searches: [{ defines: [], minStates: 200_000 }],
    mutants: ['POLL_BY_TIME', 'NO_GAP', 'NO_EPOCH', 'DELETE_BY_TIME', 'GAP_BY_BEGIN'],
  },
  {
    name: 'sequencer',
    code: [
      'src/application/outbox/event-sequencer.ts',
      'src/infrastructure/database/postgres/queries/event-feed.sql',
    ],
    searches: [{ defines: [], minStates: 500_000 }],
    mutants: ['CURSOR_BY_POSITION', 'NO_LOCK', 'COUNTER_APART', 'NO_ORDER', 'CURSOR_BEFORE_EVENTS'],
  },
  {
    name: 'idempotency',
    code: [
      'src/application/idempotency/answer-once.ts',
      'src/application/idempotency/deferred-commit.ts',
      'src/infrastructure/database/postgres/answer-records.ts',
    ],
    searches: [{ defines: [], minStates: 80_000 }],
    mutants: [
      'RECORD_AFTER_COMMIT',
      'RECORD_BEFORE_EFFECT',
      'NO_LOCK',
      'NO_FINGERPRINT',
      'KEEP_REFUSED',
    ],
  },
  {
    name: 'cache-lease',
    code: [
      'src/infrastructure/cache/redis-commands.ts',
      'src/infrastructure/cache/cached-user-reader.ts',
      'src/infrastructure/cache/pending-invalidations.ts',
    ],
    searches: [{ defines: [], minStates: 300_000 }],
    mutants: [
      'FILL_WITHOUT_LEASE',
      'LOAD_BEFORE_LEASE',
      'INVALIDATE_BEFORE_COMMIT',
      'REUSED_LEASE',
      'NO_REPETITION',
      'NO_WARM_UP',
    ],
  },
  {
    name: 'refresh-rotation',
    code: ['src/application/sessions/refresh-session.ts'],
    searches: [{ defines: [], minStates: 10_000 }],
    mutants: ['NO_COMPARISON', 'NEW_SUCCESSOR', 'NO_GRACE', 'CLOCK_ONLY', 'GRACE_FOR_ALL'],
  },
  {
    name: 'signing-key-rotation',
    code: [
      'src/application/signing-keys/rotate-signing-keys.ts',
      'src/infrastructure/security/key-ring.ts',
    ],
    searches: [{ defines: [], minStates: 200_000 }],
    mutants: ['SIGN_AT_ONCE', 'TWO_LEADERS', 'OLD_RING', 'DELETE_AT_ONCE', 'UNPUBLISHED_RING'],
  },
  {
    name: 'snapshot-then-follow',
    code: ['src/application/users/export-users.ts', 'src/application/outbox/feed-use-cases.ts'],
    searches: [{ defines: [], minStates: 50_000 }],
    mutants: [
      'POSITION_AFTER_PAGES',
      'NO_VERSIONS',
      'NO_LAST_LINE',
      'IGNORE_DELETED',
      'CURSOR_BEFORE_EVENTS',
      'KEEP_BROKEN_EXPORT',
    ],
  },
];
