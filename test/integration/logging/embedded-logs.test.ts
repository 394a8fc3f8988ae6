import { expect, it } from 'vitest';
import { useTestApp } from '../../support/app.ts';
import { captureLog } from '../../support/captured-log.ts';

it('an error of the embedded database is logged once, without the row that caused it', async () => {
  const log = captureLog();
  const { http, database } = await useTestApp({
    database: 'embedded',
    logger: log.logger,
    requestLog: log.requestLog,
  });
  await database.query(
    'alter table users add constraint only_others check (first_name is null) not valid',
  );
  const person = {
    first_name: 'Canaryfirst',
    last_name: 'Canarylast',
    email: 'canary-mailbox@example.com',
    phone: '+491701234567',
    password: 'canary otter of the password',
  };
  const response = await http.inject({ method: 'POST', url: '/v1/users', payload: person });
  expect(response.statusCode).toBe(500);
  const failures = log.parsed().filter(({ level }) => level === 'error');
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({
    message: 'request failed',
    request_id: response.json().request_id,
    error: { code: '23514', constraint: 'only_others' },
  });
  for (const text of [...log.lines, response.body]) {
    expect(text).not.toMatch(/canary|491701234567|argon2/i);
  }
});
