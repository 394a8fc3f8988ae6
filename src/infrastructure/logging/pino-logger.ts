import { createRequire } from 'node:module';
import { type DestinationStream, pino } from 'pino';
import type { LogFields, Logger } from '../../domain/ports.ts';
import { redactText } from './redact-text.ts';
import { safeFields } from './safe-fields.ts';

/** Least severe lines that are written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where lines go and how they look. */
export interface PinoLoggerOptions {
  readonly level: LogLevel;
  /** One JSON object a line, or one coloured line for people. */
  readonly format: 'json' | 'pretty';
  /** Takes whole lines with their line feeds; standard output by default. */
  readonly destination?: { write(line: string): unknown };
}

/** Names that every line has of its own; a field of that name is written with an underscore after it. */
const OWN_NAMES = ['time', 'level', 'message'] as const;

/** What JSON leaves as it is though terminals obey it or readers break lines at it: DEL, C1 controls, U+2028, U+2029. */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029]/g;
/** Those and the C0 controls and bidi controls, for people's terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const OBEYED_BY_TERMINALS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Writes each event as one line with `time` (RFC 3339, UTC), `level`, `message` and its fields, whatever those hold.
 * Secrets and personal data that are recognised by name or form are redacted, in messages and stacks too.
 *
 * Lines are written synchronously: nothing is lost when the process ends, and no thread of the pool that passwords are
 * hashed on is taken. Writing never throws.
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
      hooks: { streamWrite: (line) => line.replace(UNESCAPED, escapeUnit) },
    },
    isPretty ? prettyStream(output, options.destination === undefined) : output,
  );
  const writeText = isPretty ? makeVisible : (text: string): string => text;

  function withBindings(bindings: LogFields): Logger {
    const write =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        if (!root.isLevelEnabled(level)) return;
        try {
          const own = fields === undefined ? {} : safeFields(fields, { writeText });
          root[level](renameOwn({ ...bindings, ...own }), writeText(redactText(String(message))));
        } catch {
          // A line that cannot be written must not fail the work that it tells of.
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

function renameOwn(fields: Record<string, unknown>): Record<string, unknown> {
  for (const name of OWN_NAMES) {
    if (!Object.hasOwn(fields, name)) continue;
    fields[`${name}_`] = fields[name];
    delete fields[name];
  }
  return fields;
}

function prettyStream(
  output: { write(line: string): unknown },
  colorize: boolean,
): DestinationStream {
  // Loaded here: production logs JSON, and start-up time is dear.
  const { prettyFactory } = createRequire(import.meta.url)(
    'pino-pretty',
  ) as typeof import('pino-pretty');
  const prettify = prettyFactory({
    colorize,
    messageKey: 'message',
    timestampKey: 'time',
    translateTime: false,
    singleLine: true,
    errorLikeObjectKeys: [],
  });
  return { write: (line) => void output.write(prettify(line)) };
}

/** A UTF-16 unit as JSON escapes it. */
function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function makeVisible(text: string): string {
  return text.replace(OBEYED_BY_TERMINALS, (unit) => (unit === '\n' ? '\u23ce' : escapeUnit(unit)));
}
