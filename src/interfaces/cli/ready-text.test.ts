import { expect, test } from 'vitest';
import { readyText } from './ready-text.ts';

const ready = {
  url: 'http://127.0.0.1:8080',
  drivers: { database: 'embedded' },
  serviceKeyFile: 'data/service-key',
  newServiceKey: null,
  newDatabase: null,
  hasUsers: true,
};

test('the first start says where it made the database, and shows a registration', () => {
  const text = readyText({ ...ready, newDatabase: '/srv/app/data/postgres', hasUsers: false });
  expect(text).toContain('new database       /srv/app/data/postgres');
  expect(text).toContain('/v1/users ');
});

test('a later start shows a sign-in, and no new database', () => {
  const text = readyText(ready);
  expect(text).toContain('/v1/sessions ');
  expect(text).not.toContain('/v1/users');
  expect(text).not.toContain('new database');
});
