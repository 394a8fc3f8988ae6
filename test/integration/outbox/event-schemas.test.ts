import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../src/domain/events.ts';
import { subjectOf, toHeaders } from '../../../src/infrastructure/messaging/cloud-event.ts';
import { documentedTypes, readEventMessage } from '../../support/event-schemas.ts';

type DataOf<T extends DomainEvent['type']> = Extract<DomainEvent, { type: T }>['data'];

/** Each type, with data as it can be; the compiler asks for a new one. */
const samples: { readonly [T in DomainEvent['type']]: readonly DataOf<T>[] } = {
  'user.created': [{ status: 'active' }],
  'user.updated': [{ changed_fields: ['first_name', 'last_name', 'phone'] }],
  'user.email_changed': [{ changed_fields: ['email'] }, { changed_fields: ['phone', 'email'] }],
  'user.password_changed': [{}],
  'user.deleted': [{}],
  'session.started': [{ session_id: randomUUID() }],
  'session.ended': (
    [
      'signed_out',
      'ended_by_user',
      'ended_by_admin',
      'password_changed',
      'refresh_token_reused',
      'user_deleted',
    ] as const
  ).map((reason) => ({ session_id: randomUUID(), reason })),
  'authentication.failed': (['unknown_email', 'wrong_password', 'user_disabled'] as const).map(
    (reason) => ({ reason, suppressed: 3 }),
  ),
};
const events = Object.entries(samples).flatMap(([type, data]) =>
  data.map((one) => {
    const known = type !== 'authentication.failed';
    const userId = known ? randomUUID() : null;
    return { type, userId, userVersion: known ? 3 : null, data: one } as DomainEvent;
  }),
);

function messageOf(event: DomainEvent, data: object = event.data) {
  const recorded = { id: randomUUID(), event, time: new Date(), requestId: 'request-1' };
  const headers = new Map([...toHeaders(recorded)].map(([name, [value]]) => [name, value ?? '']));
  headers.set('Nats-Msg-Id', recorded.id);
  return { subject: subjectOf(event), headers, data: JSON.stringify(data) };
}

describe('the documented schemas', () => {
  test('are those of the types that exist', () => {
    expect(documentedTypes).toEqual(Object.keys(samples).sort());
  });

  test.each(events)('take $type as it is written: $data', (event) => {
    expect(readEventMessage(messageOf(event)).event).toEqual(event);
  });

  test.each(events)('refuse $type with anything more than its data', (event) => {
    const message = messageOf(event, { ...event.data, email: 'ada@example.com' });
    expect(() => readEventMessage(message)).toThrow(/additional properties/);
  });
});
