import { createOutageLog } from '../../lib/outage-log.ts';
import type { LogSink } from './log-sinks.ts';

/** What the log has cost this process so far. */
export interface LogOutputStats {
  /** Characters that are written and not yet read by the log's reader. */
  readonly unread: number;
  /** Lines that are in no log, since the start of the process. */
  readonly droppedLines: number;
}

/** The destination of log lines. No caller waits for it, and it never throws. */
export interface LogOutput {
  /** @param lines whole lines with their line feeds. @param count how many; 1 by default */
  write(lines: string, count?: number): void;
  stats(): LogOutputStats;
}

export interface LogOutputOptions {
  readonly sink: LogSink;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Characters that may wait for the reader; 4 Mi by default. */
  readonly maxUnread?: number;
  /** The reader does not keep up: lines are dropped from now on. Lines that it logs are kept. */
  readonly onUnread: (unread: number) => void;
  /** The reader is back. @param dropped lines since `onUnread` */
  readonly onRead: (dropped: number) => void;
  /** A line could not be written: the reader has closed the pipe, or the disk is full. */
  readonly onUnwritable: (error: Error) => void;
  /** Lines can be written again. @param dropped lines since `onUnwritable` */
  readonly onWritable: (dropped: number) => void;
}

const MAX_UNREAD = 4 * 1024 * 1024;
/** No failure for this long, in milliseconds, ends an outage: on a nearly full disk, short lines succeed. */
const QUIET_MS = 1_000;
/** The whole lines of a text. */
const LINES = /[^\n]*\n/g;

/**
 * Drops whole lines and counts them while more than `maxUnread` characters wait for the reader, and takes lines again
 * when half of them are read. Lines that fail to be written are counted too. Each outage is reported at its beginning
 * and at its end, whatever the number of lines.
 */
export function createLogOutput(options: LogOutputOptions): LogOutput {
  const { sink, nowMs, maxUnread = MAX_UNREAD } = options;
  let droppedLines = 0;
  let isFull = false;
  let isReporting = false;

  /** Lines of a report are written in any case: there are two in an outage. */
  function report(write: () => void): void {
    isReporting = true;
    try {
      write();
    } finally {
      isReporting = false;
    }
  }
  const unread = createOutageLog({
    onOutage: () => report(() => options.onUnread(sink.unread())),
    onRecovery: (dropped) => report(() => options.onRead(dropped)),
  });
  const unwritable = createOutageLog({
    onOutage: (error) => options.onUnwritable(error as Error),
    onRecovery: (dropped) => report(() => options.onWritable(dropped)),
    quietMs: QUIET_MS,
    nowMs,
  });

  function lookAgain(): void {
    if (!isFull || sink.unread() > maxUnread / 2) return;
    isFull = false;
    unread.succeeded();
  }
  sink.onDrain(lookAgain);

  function written(error?: Error | null, lost = 1): void {
    if (error === undefined || error === null) {
      unwritable.succeeded();
      return;
    }
    for (let line = 0; line < lost; line += 1) {
      droppedLines += 1;
      unwritable.failed(error);
    }
  }

  function writeLine(line: string): void {
    if (!isReporting && (isFull || sink.unread() >= maxUnread)) {
      isFull = true;
      droppedLines += 1;
      unread.failed(null);
      return;
    }
    sink.write(line, 1, written);
  }

  return {
    write(lines, count = 1) {
      lookAgain();
      const fit = !isFull && sink.unread() + lines.length <= maxUnread;
      if (count === 1) writeLine(lines);
      else if (fit) sink.write(lines, count, written);
      // Near the limit each line is judged by itself, as if it had come alone.
      else for (const line of lines.match(LINES) ?? []) writeLine(line);
    },
    stats: () => ({ unread: sink.unread(), droppedLines }),
  };
}
