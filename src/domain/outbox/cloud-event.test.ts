import { expect, test } from 'vitest';
import { toHeaders } from '../../infrastructure/messaging/cloud-event.ts';
import type { DomainEvent, RecordedEvent } from '../events.ts';
import { writeCloudEvent } from './cloud-event.ts';

const recorded: RecordedEvent = {
  id: '0198c0de-3a6b-7d8e-9fa0-1b2c3d4e5f61',
  event: {
    type: 'user.created',
    userId: '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f',
    userVersion: 1,
    data: { status: 'active' },
  },
  time: new Date('2026-11-05T09:30:00.000Z'),
  requestId: 'r',
  sequence: 3_000_000_000,
};

const withoutUser = {
  type: 'authentication.failed',
  userId: null,
  userVersion: null,
  data: { reason: 'unknown_email', suppressed: 0 },
} as const;
/** Only a newer build has such a type. */
const withEncodedType = { ...recorded.event, type: 'user."ü d"%' } as unknown as DomainEvent;
const { sequence: _, ...withoutNumber } = recorded;

test.each([
  ['a user', recorded],
  ['no user', { ...recorded, event: withoutUser }],
  ['no number', withoutNumber],
])('the feed and JetStream have the same attributes of an event with %s', (_name, event) => {
  const { data, ...attributes } = JSON.parse(writeCloudEvent(event));
  expect(data).toEqual(event.event.data);
  const headers = toHeaders(event).map(([name, value]) => [name.slice('ce-'.length), value]);
  const texts = Object.entries(attributes).map(([name, value]) => [name, String(value)]);
  expect(headers).toEqual(texts);
});

test('the number of an event may have more than 32 bits', () => {
  expect(JSON.parse(writeCloudEvent(recorded)).sequence).toBe('3000000000');
});

test('what is not printable ASCII is percent-encoded in a header', () => {
  const headers = new Map(toHeaders({ ...recorded, event: withEncodedType }));
  expect(headers.get('ce-type')).toBe('user-service.user.%22%C3%BC%20d%22%25.v1');
  expect(headers.get('ce-dataschema')).toBe('urn:user-service:schema:user.%22%C3%BC%20d%22%25.v1');
});

test('an event without a user has no subject and no version', () => {
  const names = Object.keys(JSON.parse(writeCloudEvent({ ...recorded, event: withoutUser })));
  expect(names).not.toContain('subject');
  expect(names).not.toContain('userversion');
});
