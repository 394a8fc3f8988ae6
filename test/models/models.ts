interface Search {
  /** Bounds that differ from those in the file. */
  readonly defines: readonly string[];
  readonly minStates: number;
}

interface Model {
  /** Of `models/<name>.pml`. */
  readonly name: string;
  /** The files whose protocol it is. */
  readonly code: readonly string[];
  readonly searches: readonly Search[];
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
];
