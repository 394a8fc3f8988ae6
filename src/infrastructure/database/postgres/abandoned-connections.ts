import type { PoolClient } from 'pg';
import { breaksConnection } from './errors.ts';

/** Asks the server which of these backends still work, with the time at which each started, as text. */
export type FindWorkingBackends = (pids: readonly number[]) => Promise<ReadonlyMap<number, string>>;

export interface AbandonedConnection {
  readonly client: PoolClient;
  /** The statement without an answer; null when the connection broke meanwhile. */
  readonly answer: Promise<unknown> | null;
  readonly inTransaction: boolean;
  readonly onFreed: () => void;
}

/**
 * Connections whose caller no longer waits while the server may still work for them. Each keeps its place in the pool,
 * so that the pool's bound also bounds the backends on the server. It is freed when the server answers (then it is
 * rolled back and used again), or when the server has no such backend any more.
 */
export interface AbandonedConnections {
  add(connection: AbandonedConnection): void;
  count(): number;
  /** Closes all of them without waiting. */
  close(): void;
}

/** Time between two looks for the backends, in milliseconds. */
const PROBE_INTERVAL_MS = 500;
/** Behind a pooler backends have other pids: then a silent connection is given back after this, in milliseconds. */
const POOLER_SILENCE_MS = 60_000;

interface Entry extends AbandonedConnection {
  readonly addedAtMs: number;
  backendStart?: string | undefined;
}

/** @param findWorking null behind a transaction pooler, where the pids of backends are not known. */
export function createAbandonedConnections(
  findWorking: FindWorkingBackends | null,
  nowMs: () => number,
): AbandonedConnections {
  const entries = new Set<Entry>();
  let timer: NodeJS.Timeout | undefined;
  let probing = false;

  function free(entry: Entry, close: boolean): void {
    if (!entries.delete(entry)) return;
    entry.client.release(close);
    entry.onFreed();
    if (entries.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  async function awaitAnswer(entry: Entry): Promise<void> {
    const { answer, client, inTransaction } = entry;
    if (answer === null) return;
    try {
      await answer.catch((error: unknown) => {
        if (breaksConnection(error)) throw error;
      });
      // Without an open transaction, as after a commit, the server only warns.
      if (inTransaction) await client.query('rollback');
      free(entry, false);
    } catch {
      // The connection broke: its backend may go on. Behind a pooler, the pooler ends it.
      if (findWorking === null) free(entry, true);
    }
  }

  async function probe(): Promise<void> {
    if (findWorking === null) {
      const silentSince = nowMs() - POOLER_SILENCE_MS;
      for (const entry of [...entries]) if (entry.addedAtMs <= silentSince) free(entry, true);
      return;
    }
    const asked = [...entries];
    const working = await findWorking(asked.map(({ client }) => pidOf(client)));
    for (const entry of asked) {
      const start = working.get(pidOf(entry.client));
      entry.backendStart ??= start;
      // Another start: the system gave the pid to a new backend.
      if (start === undefined || start !== entry.backendStart) free(entry, true);
    }
  }

  function probeOnce(): void {
    if (probing) return;
    probing = true;
    // A failed probe leaves all entries: the next one asks again.
    probe()
      .catch(() => {})
      .finally(() => {
        probing = false;
      });
  }

  return {
    add(connection) {
      const entry: Entry = { ...connection, addedAtMs: nowMs() };
      entries.add(entry);
      timer ??= setInterval(probeOnce, PROBE_INTERVAL_MS).unref();
      void awaitAnswer(entry);
    },
    count: () => entries.size,
    close() {
      for (const entry of [...entries]) free(entry, true);
    },
  };
}

/** The driver's type declarations lack this property. */
function pidOf(client: PoolClient): number {
  return (client as unknown as { readonly processID: number }).processID;
}
