import { createRequire } from 'node:module';
import { type DestinationStream, pino } from 'pino';
import type { LogFields, Logger } from '../../domain/ports.ts';
import { redactText } from './redact-text.ts';
import { safeFields } from './safe-fields.ts';
import { formatRequestLine } from './terminal-line.ts';
import { escapeLineBreaks, makeVisible } from './visible-text.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface PinoLoggerOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel;
  /** `json`: one JSON object per line. `pretty`: one line for people, with the local time of day. */
  readonly format: 'json' | 'pretty';
  /** Colours of `pretty`; none by default. */
  readonly colorize?: boolean;
  /** Receives whole lines with their line feeds; standard output by default. */
  readonly destination?: { write(line: string): unknown };
}

/** Names of the logger itself; a field with such a name gets an underscore at its end. */
const RESERVED_NAMES = ['time', 'level', 'message'] as const;

/**
 * Writes each event as one line with `time` (RFC 3339, UTC), `level`, `message` and its fields. Secrets and personal
 * data that are recognised by name or form are redacted, also in messages and stacks.
 *
 * Lines are written synchronously: no line is lost when the process ends, and writing takes no thread of the pool that
 * hashes passwords. Writing never throws.
 */
export function createPinoLogger(options: PinoLoggerOptions): Logger {
  const isPretty = options.format === 'pretty';
  const output = options.destination ?? pino.destination({ fd: 1, sync: true });
  const root = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {},
      hooks: { streamWrite: (line) => escapeLineBreaks(line) },
    },
    isPretty ? prettyStream(output, options) : output,
  );
  const writeText = isPretty ? makeVisible : (text: string): string => text;

  function withBindings(bindings: LogFields): Logger {
    const write =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        if (!root.isLevelEnabled(level)) return;
        try {
          const own = fields === undefined ? {} : safeFields(fields, { writeText });
          const line = renameReserved({ ...bindings, ...own });
          root[level](line, writeText(redactText(String(message))));
        } catch {
          // A line that cannot be written must not fail the work that it reports.
        }
      };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      with: (fields) => withBindings({ ...bindings, ...safeFields(fields, { writeText }) }),
    };
  }
  return withBindings({});
}

function renameReserved(fields: Record<string, unknown>): Record<string, unknown> {
  for (const name of RESERVED_NAMES) {
    if (!Object.hasOwn(fields, name)) continue;
    fields[`${name}_`] = fields[name];
    delete fields[name];
  }
  return fields;
}

function prettyStream(
  output: { write(line: string): unknown },
  { colorize = false, level }: PinoLoggerOptions,
): DestinationStream {
  // Loaded on demand: production logs JSON and starts faster without it.
  const { prettyFactory } = createRequire(import.meta.url)(
    './pino-pretty.cjs',
  ) as typeof import('pino-pretty');
  const prettify = prettyFactory({
    colorize,
    messageKey: 'message',
    timestampKey: 'time',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    errorLikeObjectKeys: [],
    // The library shows these fields in brackets, and fails on those that are no text.
    customPrettifiers: { name: asText, pid: asText, hostname: asText, caller: asText },
  });
  const style = { colorize, isDebug: level === 'debug' };
  return {
    write(line) {
      const text = formatRequestLine(line, style) ?? prettify(line);
      if (text !== '') output.write(text);
    },
  };
}

function asText(value: unknown): string {
  return makeVisible(typeof value === 'string' ? value : JSON.stringify(value));
}
