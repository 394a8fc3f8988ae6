import type { FakeClock } from './fake-clock.ts';

/** An entry with its number. Numbers begin with 1 and have no gaps. */
export interface LogEntry<T> {
  readonly sequence: number;
  /** Eight hexadecimal digits that tell the entry from another one with the same number. */
  readonly check: string;
  readonly value: T;
}

export interface LogPage<T> {
  readonly entries: readonly LogEntry<T>[];
  /** Where the next page begins. */
  readonly position: string;
}

/** A numbered log that is read by position: that of the events and that of the revocations. */
export interface FakeLog<T> {
  append(id: string, value: T): LogEntry<T>;
  /**
   * @param after a position; null for the oldest entry
   * @returns null when the log cannot go on from the position
   */
  read(after: string | null, limit: number): LogPage<T> | null;
  /** The position of the newest entry; `0` without entries. */
  newest(): string;
  /** The position before the oldest entry that is kept. */
  oldest(): string;
  /** Resolves when an entry was appended, time moved, the signal aborted, or after `ms`. */
  changed(ms: number, signal: AbortSignal): Promise<void>;
  /** Removes all entries but the newest, as the retention of the service does with old ones. */
  forget(): void;
}

/** Older entries are removed: a test that reads behind them gets 410. */
const MAX_ENTRIES = 100_000;
const POSITION = /^([0-9]{1,15})(?:-([0-9a-f]{8}))?$/;

export function isPosition(text: string): boolean {
  return POSITION.test(text);
}

export function createFakeLog<T>(clock: FakeClock): FakeLog<T> {
  let entries: LogEntry<T>[] = [];
  const listeners = new Set<() => void>();
  const positionOf = (entry: LogEntry<T> | undefined): string =>
    entry === undefined ? '0' : `${entry.sequence}-${entry.check}`;
  const first = (): number => entries[0]?.sequence ?? 1;
  return {
    append(id, value) {
      const sequence = first() + entries.length;
      const entry = { sequence, check: id.slice(-8), value };
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) entries.shift();
      for (const listener of [...listeners]) listener();
      return entry;
    },
    read(after, limit) {
      const [, digits = '0', check] = POSITION.exec(after ?? '') ?? [];
      const sequence = after === null ? first() - 1 : Number(digits);
      const start = sequence - first() + 1;
      if (start < 0 || start > entries.length) return null;
      const previous = entries[start - 1];
      if (check !== undefined && previous?.check !== check) return null;
      const page = entries.slice(start, start + limit);
      const last = page.at(-1) ?? previous;
      return { entries: page, position: last === undefined ? String(sequence) : positionOf(last) };
    },
    newest: () => positionOf(entries.at(-1)),
    oldest: () => String(first() - 1),
    changed(ms, signal) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          listeners.delete(done);
          unsubscribe();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        const unsubscribe = clock.onMove(done);
        listeners.add(done);
        signal.addEventListener('abort', done);
        if (signal.aborted) done();
      });
    },
    forget() {
      entries = entries.slice(-1);
    },
  };
}
