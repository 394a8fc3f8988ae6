import type { LogFields, Logger } from '../../src/domain/ports.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps its lines, including those of its `with` children, and writes nothing. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly LogLine[];
}

export function createRecordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  const create = (context: LogFields): RecordingLogger => {
    const log =
      (level: LogLine['level']) =>
      (message: string, fields: LogFields = {}) => {
        lines.push({ level, message, fields: { ...context, ...fields } });
      };
    return {
      lines,
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      with: (fields) => create({ ...context, ...fields }),
    };
  };
  return create({});
}

/** A logger for tests that do not check the log. */
export function createSilentLogger(): Logger {
  return createRecordingLogger();
}
