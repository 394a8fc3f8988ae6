import type { Logger, RequestLog } from '../../domain/ports.ts';
import { createPinoLogger, type LogLevel, type PinoLoggerOptions } from './pino-logger.ts';
import { createRequestLine } from './request-line.ts';
import { formatRequestLine } from './terminal-line.ts';
import { createTurnBuffer, type LineOutput } from './turn-buffer.ts';
import { makeVisible } from './visible-text.ts';

/** The log of a service: every line in the order in which it was written. */
export interface ServiceLog {
  readonly logger: Logger;
  readonly requestLog: RequestLog;
  /** Writes the lines that wait for the end of the turn. For the end of the process. */
  flush(): void;
}

const LEVELS_WITH_REQUESTS: readonly LogLevel[] = ['debug', 'info'];

/** Creates a log whose lines of requests leave together, once in a turn of the event loop, before the answers. */
export function createServiceLog(
  options: PinoLoggerOptions & { readonly destination: LineOutput },
): ServiceLog {
  const { level, format } = options;
  const buffer = createTurnBuffer(options.destination);
  const logger = createPinoLogger({ ...options, destination: buffer });
  const line = createRequestLine(format === 'pretty' ? makeVisible : (text) => text);
  const style = { colorize: options.colorize ?? false, isDebug: level === 'debug' };
  const show =
    format === 'pretty' ? (json: string) => formatRequestLine(json, style) ?? '' : undefined;

  function write(...[fields, answer]: Parameters<RequestLog['write']>): void {
    const json = line(fields);
    buffer.add(show === undefined ? json : show(json), answer);
  }
  const requestLog: RequestLog = LEVELS_WITH_REQUESTS.includes(level)
    ? { write }
    : { write: (_fields, answer) => answer() };
  return { logger, requestLog, flush: buffer.flush };
}
