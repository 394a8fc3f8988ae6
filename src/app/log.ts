import type { Config } from '../config/schema.ts';
import type { Logger } from '../domain/ports.ts';
import { createLogOutput, type LogOutput } from '../infrastructure/logging/log-output.ts';
import { openSink } from '../infrastructure/logging/log-sinks.ts';
import { createPinoLogger } from '../infrastructure/logging/pino-logger.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';

/**
 * The log of a service on a standard stream of its process. It never makes the service wait.
 * @param onUnwritable tells the operator elsewhere, once in an outage, that the log cannot be written
 */
export function openLog(
  logging: Pick<Config['logging'], 'level' | 'format'>,
  stream: NodeJS.WriteStream & { readonly fd: number },
  onUnwritable: (error: NodeJS.ErrnoException) => void,
): { readonly logger: Logger; readonly output: LogOutput } {
  const output = createLogOutput({
    sink: openSink(stream),
    nowMs: monotonicMs,
    onUnread: (unread) => logger.warn('the log is not read, lines are dropped', { unread }),
    onRead: (dropped) => logger.warn('the log is read again', { dropped_lines: dropped }),
    onUnwritable,
    onWritable: (dropped) =>
      logger.warn('the log can be written again', { dropped_lines: dropped }),
  });
  const logger = createPinoLogger({
    ...logging,
    colorize: stream.isTTY === true,
    destination: output,
  });
  return { logger, output };
}
