import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createApi, createPerson, patientHashing } from '../../support/api.ts';
import { createMasterKey, useTestApp } from '../../support/app.ts';
import { createTestDatabase } from '../../support/test-database.ts';

it('32 parallel registrations on two instances are one user and one event', async () => {
  const { connectionOptions } = await createTestDatabase();
  const env = { ...patientHashing, SECURITY_MASTER_KEY: createMasterKey() };
  const options = { database: 'postgres', connection: connectionOptions, env } as const;
  const apis = [
    createApi(await useTestApp(options)),
    createApi(await useTestApp(options)),
  ] as const;
  const sent = { body: createPerson(), headers: { 'idempotency-key': randomUUID() } };
  const answers = await Promise.all(
    Array.from({ length: 32 }, (_, number) =>
      apis[number % 2 === 0 ? 0 : 1].send('POST', '/v1/users', sent),
    ),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 201));
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  const { id } = JSON.parse(answers[0]?.body ?? '');
  expect((await apis[0].eventsOf(id)).map(({ type }) => type)).toEqual(['user.created']);
  expect(await apis[1].sql('select id from users')).toEqual([{ id }]);
});
