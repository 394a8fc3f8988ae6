import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';

/** Called once for each write: with an error, and the number of lines that are not written or only in part. */
export type Written = (error?: Error | null, lost?: number) => void;

/** Where lines go. After a line that was written in part, the next one begins on a line of its own. */
export interface LogSink {
  /** @param count how many lines the text has */
  write(lines: string, count: number, done: Written): void;
  /** Characters that are not yet handed to the operating system. */
  unread(): number;
  /** The listener runs when nothing waits any more. */
  onDrain(listener: () => void): void;
}

/** A sink for a standard stream of this process: a pipe or socket with its buffer, or a file. */
export function openSink(stream: NodeJS.WriteStream & { readonly fd: number }): LogSink {
  const kind = fstatSync(stream.fd);
  const isBuffered = kind.isFIFO() || kind.isSocket() || isatty(stream.fd);
  return isBuffered ? createStreamSink(stream) : createFileSink(stream.fd);
}

/**
 * Lines to a stream. How much of a failed write arrived is not known: all its lines count as lost, and the next one
 * begins with a line feed.
 */
export function createStreamSink(stream: Writable): LogSink {
  let isBroken = false;
  // The errors come to the callbacks of the writes; without a listener they would end the process.
  stream.on('error', () => {});
  return {
    write(lines, count, done) {
      const text = isBroken ? `\n${lines}` : lines;
      isBroken = false;
      stream.write(text, (error) => {
        if (error) isBroken = true;
        done(error, count);
      });
    },
    unread: () => stream.writableLength,
    onDrain: (listener) => void stream.on('drain', listener),
  };
}

/** Writes bytes from `offset` on. @returns how many were written */
type WriteBytes = (fd: number, bytes: Uint8Array, offset: number) => number;

const LINE_FEED = 10;

/**
 * Lines to a file, written at once. A full disk takes a part of a line and reports an error only for the rest, which
 * Node's own stream for files does not look at.
 */
export function createFileSink(fd: number, writeBytes: WriteBytes = writeSync): LogSink {
  let isBroken = false;
  return {
    write(lines, count, done) {
      const bytes = Buffer.from(isBroken ? `\n${lines}` : lines);
      let offset = 0;
      try {
        while (offset < bytes.length) {
          const count = writeBytes(fd, bytes, offset);
          if (count === 0) throw new Error('nothing was written');
          offset += count;
        }
      } catch (error) {
        if (offset > 0) isBroken = bytes[offset - 1] !== LINE_FEED;
        done(error as Error, Math.min(count, countLines(bytes.subarray(offset))));
        return;
      }
      isBroken = false;
      done();
    },
    unread: () => 0,
    onDrain: () => {},
  };
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === LINE_FEED) lines += 1;
  return lines;
}
