import { expect, test } from 'vitest';
import type { DomainEvent } from '../../../domain/events.ts';
import type { SqlConnection } from '../sql.ts';
import { createPostgresOutbox } from './outbox.ts';

test('appends the events of 250,000 sessions in one transaction', async () => {
  const connection: SqlConnection = { query: async () => ({ rows: [], rowCount: 250_000 }) };
  const outbox = createPostgresOutbox(connection, {
    ids: { next: () => 'event' },
    clock: { now: () => new Date(0) },
    requestId: 'request-1',
  });
  const ended: DomainEvent = {
    type: 'session.ended',
    userId: 'user 1',
    userVersion: 2,
    data: { session_id: 'session 1', reason: 'password_changed' },
  };
  await outbox.append(Array.from({ length: 250_000 }, () => ended));
  expect(outbox.recorded).toHaveLength(250_000);
});
