import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import type { RequestFields } from '../../domain/ports.ts';
import { createPinoLogger } from './pino-logger.ts';
import { redactText } from './redact-text.ts';
import { createRequestLine } from './request-line.ts';
import { createServiceLog } from './service-log.ts';

const TIME = /"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/;

const SECRETS = [
  'usk_0123456789abcdef',
  'eyJhbGciOiJFZERTQSJ9.e30.c2ln',
  'ada@example.com',
  'ada%40example.com',
  'uM6EeDIvR60dBtqRrQlBpxuM6EeDIvR60dBtqRrQlBp',
  'Bearer-0123456789abcdef',
  'fe80::1%usk0123456789',
];

const id = fc.oneof(
  fc.uuid(),
  fc.stringMatching(/^[A-Za-z0-9._-]{1,128}$/),
  fc.constantFrom(...SECRETS),
  anyText(),
);
const literal = fc.oneof(
  fc.constantFrom('GET', '/v1/users/{id}', 'users.v1.get', 'email_taken', 'user', 'anonymous'),
  fc.constantFrom(...SECRETS),
  anyText(),
);
const number = fc.oneof(fc.nat(999), fc.double());
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** Records with their fields in the order of `RequestFields`. */
const anyFields = fc
  .tuple(
    fc.tuple(id, optional(id), optional(literal), optional(literal), optional(literal)),
    fc.tuple(number, optional(literal), number),
    fc.tuple(
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('::ffff:10.1.2.3', 'fe80::1%eth0'), id),
      fc.constantFrom('text', 'null', 'absent'),
    ),
    fc.tuple(literal, optional(id), optional(fc.stringMatching(/^[0-9a-f]{32}$/))),
  )
  .map(([[own, sent, method, route, subject], [status, code, duration], [ip, kind], last]) => {
    const [principal, principalId, traceId] = last;
    return withoutUndefined({
      request_id: own,
      client_request_id: sent,
      method,
      route,
      subject,
      status,
      code,
      duration_ms: duration,
      client_ip: kind === 'absent' ? undefined : kind === 'null' ? null : ip,
      principal,
      principal_id: principalId,
      trace_id: traceId,
    });
  });

function withoutUndefined(fields: object): RequestFields {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as unknown as RequestFields;
}

/** The line that the general logger writes. */
function loggedLine(fields: RequestFields, format: 'json' | 'pretty'): string {
  let text = '';
  const destination = { write: (line: string) => (text += line) };
  createPinoLogger({ level: 'info', format, destination }).info('request', { ...fields });
  return text;
}

describe('the line of a request', () => {
  test('is byte for byte the line of the logger, for any fields', () => {
    const line = createRequestLine((text) => text);
    fc.assert(
      fc.property(anyFields, (fields) => {
        const expected = loggedLine(fields, 'json').replace(TIME, '"time":""');
        expect(line(fields).replace(TIME, '"time":""')).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is the line of the logger on a terminal too', async () => {
    const withoutTime = (line: string) => line.replace(/^\d\d:\d\d:\d\d/, '');
    await fc.assert(
      fc.asyncProperty(anyFields, async (fields) => {
        // A status comes from the code; the form for terminals shows no line without one.
        fc.pre(Number.isFinite(fields.status));
        let text = '';
        const destination = { write: (lines: string) => (text += lines) };
        const { requestLog } = createServiceLog({ level: 'info', format: 'pretty', destination });
        await new Promise<void>((answered) => requestLog.write(fields, answered));
        expect(withoutTime(text)).toBe(withoutTime(loggedLine(fields, 'pretty')));
      }),
      { numRuns: 500 },
    );
  });

  test.each(SECRETS.filter((secret) => redactText(secret) !== secret))(
    'never shows the secret %s, in whatever field it is',
    (secret) => {
      const line = createRequestLine((text) => text);
      const fields = { request_id: secret, client_request_id: secret, method: secret };
      const more = { route: secret, subject: secret, code: secret, client_ip: secret };
      const last = { principal: secret, principal_id: secret, trace_id: secret };
      for (let turn = 0; turn < 2; turn += 1) {
        const text = line({ ...fields, ...more, ...last, status: 200, duration_ms: 1 });
        expect(text).not.toContain(secret);
        expect(text.match(/redacted/g)).toHaveLength(10);
      }
    },
  );

  test('has the time of its own millisecond', () => {
    const times = [0, 0, 1, 86_400_000];
    const line = createRequestLine(
      (text) => text,
      () => times.shift() ?? 0,
    );
    const fields = { request_id: 'a', status: 200, duration_ms: 1, principal: 'user' };
    const written = Array.from({ length: 4 }, () => JSON.parse(line(fields)).time);
    expect(written).toEqual([
      '1970-01-01T00:00:00.000Z',
      '1970-01-01T00:00:00.000Z',
      '1970-01-01T00:00:00.001Z',
      '1970-01-02T00:00:00.000Z',
    ]);
  });

  test('is right for more methods than the writer remembers', () => {
    const line = createRequestLine((text) => text);
    for (let turn = 0; turn < 2; turn += 1) {
      for (let index = 0; index < 1_500; index += 1) {
        const fields = { request_id: 'a', status: 200, duration_ms: 1, principal: 'user' };
        const { method } = JSON.parse(line({ ...fields, method: `"M${index}"` }));
        expect(method).toBe(`"M${index}"`);
      }
    }
  });
});

test('no text of ids and addresses that is written as it is would be redacted', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-fA-F.:-]{1,42}$/), (text) => {
      expect(redactText(text)).toBe(text);
    }),
    { numRuns: 5_000 },
  );
});
