import type { LogFields, Logger } from '../../src/domain/ports.ts';

/** One line as it was logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that writes nowhere and keeps its lines, those of its `with` children too. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly LogLine[];
}

/** Keeps what is logged, for a test to look at. */
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

/** For what logs and is not asked about it. */
export function createSilentLogger(): Logger {
  return createRecordingLogger();
}
