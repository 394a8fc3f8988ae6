import { expect, test } from 'vitest';
import { createPinoLogger, type LogLevel } from './pino-logger.ts';

const REQUEST = {
  request_id: 'fde6281e',
  method: 'POST',
  route: '/v1/users',
  status: 201,
  duration_ms: 155.6,
  client_ip: null,
  principal: 'anonymous',
};

function show(fields: object, options: { level?: LogLevel; colorize?: boolean } = {}): string {
  let text = '';
  const destination = { write: (line: string) => (text += line) };
  createPinoLogger({ level: 'info', format: 'pretty', destination, ...options }).info('request', {
    ...REQUEST,
    ...fields,
  });
  return text;
}

test('a request is one short line with the local time of day', () => {
  expect(show({})).toMatch(/^\d\d:\d\d:\d\d POST \/v1\/users 201 156 ms anonymous\n$/);
});

test('a failed request has its code and id', () => {
  expect(show({ status: 409, code: 'email_taken' })).toMatch(
    / 409 156 ms anonymous email_taken \(request fde6281e\)\n$/,
  );
});

test('requests of the operator are shown when they fail, and all of them at debug', () => {
  expect(show({ principal: 'operator' })).toBe('');
  expect(show({ principal: 'operator', status: 503 })).toContain(' 503 ');
  expect(show({ principal: 'operator' }, { level: 'debug' })).toContain(' operator\n');
});

test('only a terminal gets colours', () => {
  expect(show({}, { colorize: true })).toContain('\u001b[32m201\u001b[39m');
  expect(show({})).not.toContain('\u001b');
});
