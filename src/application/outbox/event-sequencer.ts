import type { EventNumbering } from '../../domain/outbox/event-feed.ts';

interface Deps {
  readonly numbering: Pick<EventNumbering, 'number'>;
  /** Called with the newest number when it has changed. Must not throw. */
  readonly onNumbered: (newest: number) => void;
}

/** Events that one statement numbers. */
const BATCH = 2_000;
/** Batches of one run; a longer backlog takes several runs. */
const MAX_BATCHES = 50;

export interface EventSequencer {
  /**
   * Numbers committed events until none is left, in bounded batches. The first call also tells the present newest number.
   * Numbers that other instances gave count as well.
   * @returns false when more events may wait
   */
  run(): Promise<boolean>;
}

/**
 * Gives committed events their numbers. Every instance does this: after its own commits at once, and by polling for
 * commits of others, of older builds and of instances that died. A row lock makes them take turns.
 * `models/sequencer.pml` is the protocol.
 */
export function createEventSequencer({ numbering, onNumbered }: Deps): EventSequencer {
  let newestKnown = -1;
  return {
    async run() {
      for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
        const { numbered, newest } = await numbering.number(BATCH);
        if (newest !== newestKnown) {
          newestKnown = newest;
          onNumbered(newest);
        }
        if (numbered < BATCH) return true;
      }
      return false;
    },
  };
}
