import type { Config } from '../config/schema.ts';
import type { Logger, RequestLog } from '../domain/ports.ts';
import { createLogOutput, type LogOutput } from '../infrastructure/logging/log-output.ts';
import { openSink } from '../infrastructure/logging/log-sinks.ts';
import { createServiceLog } from '../infrastructure/logging/service-log.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';

/** The parts of an open log. */
export interface OpenLog {
  readonly logger: Logger;
  readonly requestLog: RequestLog;
  readonly output: LogOutput;
}

/**
 * The log of a service on a standard stream of its process. It never makes the service wait.
 * @param onUnwritable tells the operator elsewhere, once in an outage, that the log cannot be written
 */
export function openLog(
  logging: Pick<Config['logging'], 'level' | 'format'>,
  stream: NodeJS.WriteStream & { readonly fd: number },
  onUnwritable: (error: NodeJS.ErrnoException) => void,
): OpenLog {
  const output = createLogOutput({
    sink: openSink(stream),
    nowMs: monotonicMs,
    onUnread: (unread) => logger.warn('the log is not read, lines are dropped', { unread }),
    onRead: (dropped) => logger.warn('the log is read again', { dropped_lines: dropped }),
    onUnwritable,
    onWritable: (dropped) =>
      logger.warn('the log can be written again', { dropped_lines: dropped }),
  });
  const { logger, requestLog, flush } = createServiceLog({
    ...logging,
    colorize: stream.isTTY === true,
    destination: output,
  });
  process.once('exit', flush);
  return { logger, requestLog, output };
}
