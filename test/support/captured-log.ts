import { expect } from 'vitest';
import type { Logger, RequestLog } from '../../src/domain/ports.ts';
import { createServiceLog } from '../../src/infrastructure/logging/service-log.ts';

export type ParsedLine = Readonly<Record<string, unknown>>;

/** The service's own log at level debug; it keeps every line as written. */
export interface CapturedLog {
  readonly logger: Logger;
  readonly requestLog: RequestLog;
  readonly lines: readonly string[];
  /** @throws for a line that is not exactly one JSON object with time, level and message */
  readonly parsed: () => readonly ParsedLine[];
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Characters that some reader takes for a line end, or a terminal executes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

export function captureLog(): CapturedLog {
  const lines: string[] = [];
  const { logger, requestLog } = createServiceLog({
    level: 'debug',
    format: 'json',
    destination: { write: (text) => void lines.push(...text.split(/(?<=\n)/)) },
  });
  return { logger, requestLog, lines, parsed: () => lines.map(parseLine) };
}

function parseLine(line: string): ParsedLine {
  expect(line.endsWith('\n')).toBe(true);
  expect(line.slice(0, -1)).not.toMatch(UNSAFE);
  const parsed = JSON.parse(line) as ParsedLine;
  expect(parsed).toMatchObject({
    time: expect.stringMatching(TIME),
    level: expect.stringMatching(/^(debug|info|warn|error)$/),
    message: expect.stringMatching(/./),
  });
  return parsed;
}
