import { Readable } from 'node:stream';
import type { LongLivedConnection } from './long-lived.ts';

/** Streams that began together do not all end together. */
const JITTER = 0.1;
/** A client that reads too slowly to see the end of its stream is cut off this part of the longest life after it. */
const OVERDUE = 0.1;

/** What a stream sends. */
interface StreamSource<Page> {
  /** Takes a place among the streams. @returns the function that gives it back */
  connect(): Promise<() => void>;
  /** Before the response begins: its errors are told by a status. */
  readFirst(): Promise<Page>;
  /** @param endsAtMs by the clock of the connection */
  follow(first: Page, endsAtMs: number): AsyncIterable<string>;
}

/**
 * Opens a stream that reads on only while the client takes what was read: a generator is not asked for more while the
 * socket is full. It ends at its age all the same: a generator that is not asked cannot end itself.
 * @throws what `connect` and `readFirst` throw
 */
export async function openBoundedStream<Page>(
  source: StreamSource<Page>,
  options: {
    readonly connection: LongLivedConnection;
    readonly maxDurationMs: number;
    readonly random?: () => number;
  },
): Promise<Readable> {
  const { connection, maxDurationMs, random = Math.random } = options;
  const lifeMs = maxDurationMs * (1 - JITTER + 2 * JITTER * random());
  const release = await source.connect();
  try {
    const first = await source.readFirst();
    const pages = source.follow(first, connection.elapsedMs() + lifeMs);
    const stream = Readable.from(pages, { objectMode: false });
    const overdue = setTimeout(() => stream.destroy(), lifeMs + OVERDUE * maxDurationMs).unref();
    // Not in the generator: of a client that hung up before the first read it never runs to its end.
    stream.once('close', () => {
      clearTimeout(overdue);
      release();
    });
    return stream;
  } catch (error) {
    release();
    throw error;
  }
}
