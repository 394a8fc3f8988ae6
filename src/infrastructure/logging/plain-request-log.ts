import type { Logger, RequestLog } from '../../domain/ports.ts';

/** Writes each line of a request through a logger, and answers at once. For logs that are not those of a service. */
export function createPlainRequestLog(logger: Logger): RequestLog {
  return {
    write(fields, answer) {
      logger.info('request', { ...fields });
      answer();
    },
  };
}
