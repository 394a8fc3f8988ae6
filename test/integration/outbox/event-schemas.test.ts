import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../src/domain/events.ts';
import { subjectOf, toHeaders } from '../../../src/infrastructure/messaging/cloud-event.ts';
import { consumerAccepts, documentedTypes, readEventMessage } from '../../support/event-schemas.ts';
import { FULL_PROFILE, profileJson } from '../../support/profiles.ts';

type DataOf<T extends DomainEvent['type']> = Extract<DomainEvent, { type: T }>['data'];

/** Data of each type. The compiler reports a type without samples. */
const samples: { readonly [T in DomainEvent['type']]: readonly DataOf<T>[] } = {
  'user.created': [
    { status: 'active' },
    { status: 'active', values: { ...profileJson(FULL_PROFILE), phone: null } },
  ],
  'user.updated': [
    { changed_fields: ['first_name', 'last_name', 'phone'] },
    { changed_fields: ['phone', 'locale'], values: { phone: '+442079460000', locale: null } },
  ],
  'user.email_changed': [
    { changed_fields: ['email'] },
    { changed_fields: ['phone', 'email'] },
    { changed_fields: ['phone', 'email'], values: { phone: null, email: 'ada@example.com' } },
  ],
  'user.password_expired': [{}],
  'user.disabled': [{ until: null }, { until: '2027-01-31T12:00:00.000Z' }],
  'user.enabled': [{}],
  'token.reuse_detected': [{ session_id: randomUUID() }],
  'user.email_verified': [{}, { password_removed: true }],
  'user.password_changed': [{}, { email_verified: true }],
  'user.restored': [{ status: 'active' }, { status: 'disabled', values: { phone: null } }],
  'user.deleted': [{}],
  'session.started': [{ session_id: randomUUID() }],
  'session.ended': (
    [
      'signed_out',
      'ended_by_user',
      'ended_by_admin',
      'password_changed',
      'reauthenticated',
      'refresh_token_reused',
      'user_deleted',
      'user_disabled',
      'session_limit',
      'reauthenticated',
    ] as const
  ).map((reason) => ({ session_id: randomUUID(), reason })),
  'account.locked': (['password', 'reauthentication', 'code'] as const).map((factor) => ({
    factor,
  })),
  'authentication.failed': (
    ['unknown_email', 'wrong_password', 'user_disabled', 'password_expired'] as const
  ).map((reason) => ({ reason, suppressed: 3 })),
};
const events = Object.entries(samples).flatMap(([type, data]) =>
  data.map((sample) => {
    const hasUser = type !== 'authentication.failed';
    const userId = hasUser ? randomUUID() : null;
    return { type, userId, userVersion: hasUser ? 3 : null, data: sample } as DomainEvent;
  }),
);

function messageOf(event: DomainEvent, data: object = event.data) {
  const recorded = { id: randomUUID(), event, time: new Date(), requestId: 'request-1' };
  const headers = new Map(toHeaders(recorded));
  headers.set('Nats-Msg-Id', recorded.id);
  return { subject: subjectOf(event), headers, data: JSON.stringify(data) };
}

describe('the documented schemas', () => {
  test('cover exactly the existing types', () => {
    expect(documentedTypes).toEqual(Object.keys(samples).sort());
  });

  test.each(events)('accept $type with $data', (event) => {
    expect(readEventMessage(messageOf(event)).event).toEqual(event);
  });

  test.each(events)('let a consumer accept $type with a new optional field', ({ type, data }) => {
    expect(consumerAccepts(type, { ...data, added_later: 'value' })).toBe(true);
  });

  test.each([
    ['session.ended', { session_id: randomUUID(), reason: 'added_later' }],
    ['authentication.failed', { reason: 'added_later', suppressed: 0 }],
    ['user.created', { status: 'added_later' }],
    ['user.updated', { changed_fields: ['added_later'] }],
    ['user.email_changed', { changed_fields: ['email', 'added_later'] }],
  ] as const)(
    'let a consumer accept %s with a value that came later, which the service does not send',
    (type, data) => {
      expect(consumerAccepts(type, data)).toBe(true);
      const event = { type, userId: randomUUID(), userVersion: 3, data } as unknown as DomainEvent;
      expect(() => readEventMessage(messageOf(event))).toThrow(
        /must be equal to one of the allowed/,
      );
    },
  );

  test('let no consumer accept an e-mail address among the changes of user.updated', () => {
    expect(consumerAccepts('user.updated', { changed_fields: ['phone'] })).toBe(true);
    expect(consumerAccepts('user.updated', { changed_fields: ['email'] })).toBe(false);
  });

  test.each(events)('allow the service no additional field in $type', (event) => {
    const message = messageOf(event, { ...event.data, email: 'ada@example.com' });
    expect(() => readEventMessage(message)).toThrow(/additional properties/);
  });
});
