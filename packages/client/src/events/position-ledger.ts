import { type Retrying, Transient, untilItWorks } from './retry.ts';

/** Stores where a consumer goes on. A row of a database, a file, or a key of Redis will do. */
export interface PositionStore {
  /** @returns null before the first `save` */
  load(): Promise<string | null>;
  save(position: string): Promise<void>;
}

/** Finds the position up to which everything is handled, and stores it: one write at a time, the newest wins. */
export interface PositionLedger {
  /** Adds a position in the order of reading. @returns the function that says it is handled */
  add(position: string): () => void;
  /** Resolves when the last handled position is stored. @throws what `save` threw last */
  flush(): Promise<void>;
}

interface Entry {
  readonly position: string;
  isHandled: boolean;
}

export function createPositionLedger(store: PositionStore, retrying: Retrying): PositionLedger {
  const entries: Entry[] = [];
  let reached: string | null = null;
  let stored: string | null = null;
  let writing: Promise<void> | null = null;

  async function write(signal: AbortSignal): Promise<void> {
    while (reached !== null && reached !== stored) {
      const position = reached;
      await untilItWorks(
        () =>
          store.save(position).catch((error: unknown) => {
            throw new Transient('The position cannot be stored.', { cause: error });
          }),
        { ...retrying, signal },
      );
      stored = position;
    }
  }

  return {
    add(position) {
      const entry = { position, isHandled: false };
      entries.push(entry);
      return () => {
        entry.isHandled = true;
        while (entries[0]?.isHandled === true) reached = entries.shift()?.position ?? reached;
        // A failure stays for `flush`; the events come again.
        writing ??= write(retrying.signal)
          .catch(() => {})
          .finally(() => {
            writing = null;
          });
      };
    },
    async flush() {
      await writing;
      await write(AbortSignal.timeout(FLUSH_MS));
    },
  };
}

/** How long a stopping consumer tries to store its position. */
const FLUSH_MS = 5_000;
