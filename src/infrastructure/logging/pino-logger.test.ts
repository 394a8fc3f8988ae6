import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import type { LogFields, Logger } from '../../domain/ports.ts';
import { createPinoLogger, type LogLevel } from './pino-logger.ts';

interface Capture {
  readonly logger: Logger;
  /** The output as written. */
  text(): string;
  /** The lines, parsed. */
  lines(): Record<string, unknown>[];
}

function capture(format: 'json' | 'pretty' = 'json', level: LogLevel = 'debug'): Capture {
  const written: string[] = [];
  const destination = { write: (line: string) => written.push(line) };
  return {
    logger: createPinoLogger({ level, format, destination }),
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line)),
  };
}

function logged(fields: LogFields, message = 'event'): Record<string, unknown> {
  const { logger, lines } = capture();
  logger.info(message, fields);
  const [line] = lines();
  if (line === undefined) throw new Error('nothing was logged');
  return line;
}

/** Characters that some reader takes for the end of a line. */
const LINE_BREAKS = /[\n\v\f\r\u0085\u2028\u2029]/;

describe('a log line', () => {
  test('has time, level, message and fields', () => {
    const line = logged({ route: '/v1/users/:id', status: 200, duration_ms: 1.5 });
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      message: 'event',
      route: '/v1/users/:id',
      status: 200,
      duration_ms: 1.5,
    });
  });

  test.each(['debug', 'info', 'warn', 'error'] as const)('has its level as a word: %s', (level) => {
    const { logger, lines } = capture();
    logger[level]('event');
    expect(lines()[0]?.level).toBe(level);
  });

  test('below the level is not written', () => {
    const { logger, lines } = capture('json', 'warn');
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines().map(({ message }) => message)).toEqual(['c', 'd']);
  });

  test('has the fields of its logger and of the parents; the nearest one wins', () => {
    const { logger, text, lines } = capture();
    logger.with({ request_id: 'outer', part: 'http' }).with({ request_id: 'inner' }).info('event', {
      part: 'route',
    });
    expect(lines()[0]).toMatchObject({ request_id: 'inner', part: 'route' });
    expect(text().match(/"request_id"/g)).toHaveLength(1);
  });

  test('keeps its own time, level and message if fields have these names', () => {
    const line = logged({ time: 'never', level: 'fatal', message: 'forged' });
    expect(line).toMatchObject({ level: 'info', message: 'event', level_: 'fatal' });
    expect(line.time_).toBe('never');
  });

  test('does not read its message as a format', () => {
    expect(logged({ a: 1 }, '%s %d %j %o').message).toBe('%s %d %j %o');
  });

  test.each(['json', 'pretty'] as const)(
    'is one line for any message and fields (%s)',
    (format) => {
      const fields = fc.dictionary(anyText(), fc.anything({ maxDepth: 3 }), { maxKeys: 5 });
      fc.assert(
        fc.property(anyText(), fields, (message, fields) => {
          const { logger, text } = capture(format);
          logger.info(message, fields);
          logger.with(fields).error(message);
          const lines = text().split('\n');
          expect(lines).toHaveLength(3);
          expect(lines[2]).toBe('');
          for (const line of lines) {
            expect(line).not.toMatch(LINE_BREAKS);
            if (format === 'json' && line !== '') JSON.parse(line);
          }
        }),
        { numRuns: 300 },
      );
    },
  );

  test.each(['name', 'pid', 'caller'])('for people shows a field %s that is no text', (name) => {
    const { logger, text } = capture('pretty');
    logger.info('event', { [name]: { toString: '' } });
    expect(text()).toContain('{"toString":""}');
  });

  test('for people has no control sequence and no forged line', () => {
    const { logger, text } = capture('pretty');
    logger.info('a\n[2026-01-01T00:00:00.000Z] ERROR: forged \u001b[2J\u202e', {
      field: '\u001b]0;title\u0007\r\n',
    });
    expect(text().trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test('survives values that cannot be serialised', () => {
    const circular: Record<string, unknown> = { name: 'loop' };
    circular.self = circular;
    const hostile = {
      get boom(): never {
        throw new Error('getter');
      },
      fine: 1,
    };
    const line = logged({
      circular,
      hostile,
      proxy: new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('trap');
          },
        },
      ),
      toJson: {
        toJSON() {
          throw new Error('toJSON');
        },
      },
      endless: {
        toJSON() {
          return this;
        },
      },
      big: 10n ** 30n,
      nan: Number.NaN,
      bytes: Buffer.from('secret bytes'),
      list: [undefined, () => 1, Symbol('s'), new Date(Number.NaN)],
      map: new Map([['a', new Set([1])]]),
      nothing: null,
      [Symbol.iterator]: 1,
    });
    expect(line).toMatchObject({
      circular: { name: 'loop', self: '[circular]' },
      hostile: { boom: '[unreadable]', fine: 1 },
      proxy: {},
      toJson: '[unreadable]',
      endless: '[circular]',
      big: '1000000000000000000000000000000',
      nan: 'NaN',
      bytes: '[12 bytes]',
      list: [null, '[function]', '[symbol]', '[invalid date]'],
      map: { a: [1] },
      nothing: null,
    });
  });

  test('stays small with very large fields', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 10_000; level += 1) deep = { deep };
    const wide = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`f${index}`, index]),
    );
    const bush = (depth: number): unknown =>
      depth === 0 ? 'x'.repeat(10_000) : Array.from({ length: 30 }, () => bush(depth - 1));
    const { logger, text } = capture();
    logger.info('y'.repeat(5_000_000), { deep, wide, bush: bush(3), long: 'z '.repeat(1_000_000) });
    expect(text().length).toBeLessThan(150_000);
    expect(JSON.parse(text()).message).toMatch(/^y{4096}…\[cut\]$/);
  });

  test('never throws, even when it cannot be written', () => {
    const logger = createPinoLogger({
      level: 'info',
      format: 'json',
      destination: {
        write() {
          throw new Error('disk full');
        },
      },
    });
    logger.info('event');
    logger.with({ a: 1 }).error('event');
  });
});

describe('an error in a log line', () => {
  test('has type, message, stack, code and its causes, to a bounded depth', () => {
    let error = new Error('cause 10');
    for (let depth = 9; depth >= 0; depth -= 1)
      error = new Error(`cause ${depth}`, { cause: error });
    const coded = Object.assign(new TypeError('wrong', { cause: error }), { code: 'E_CODE' });
    const line = JSON.stringify(logged({ error: coded }));
    expect(JSON.parse(line).error).toMatchObject({
      type: 'TypeError',
      message: 'wrong',
      code: 'E_CODE',
      stack: expect.stringContaining('pino-logger.test.ts'),
      cause: { message: 'cause 0', cause: { message: 'cause 1' } },
    });
    expect(line).not.toContain('cause 9');
  });

  test('has the errors of an aggregate, and an error that causes itself only once', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const aggregate = new AggregateError([refused]);
    aggregate.cause = aggregate;
    expect(logged({ error: aggregate }).error).toMatchObject({
      type: 'AggregateError',
      errors: [{ code: 'ECONNREFUSED' }],
      cause: '[circular]',
    });
  });

  test('of PostgreSQL has its code and constraint, and not the row that it quotes', () => {
    const error = Object.assign(new Error('duplicate key value violates unique constraint "u"'), {
      code: '23505',
      constraint: 'users_email_key',
      detail: 'Key (email)=(canary@example) already exists.',
      where: 'COPY users, line 1: "canary"',
      parameters: ['canary'],
      internalQuery: "select 'canary'",
      hint: 'canary',
    });
    const wrapped = new Error('Failing row: Key (lower(email), id)=(canary@x, 7) exists', {
      cause: error,
    });
    const line = JSON.stringify(logged({ error: wrapped, copy: { ...error } }));
    expect(line).toContain('23505');
    expect(line).toContain('users_email_key');
    expect(line.replaceAll('"hint":"canary"', '')).not.toContain('canary');
  });
});
