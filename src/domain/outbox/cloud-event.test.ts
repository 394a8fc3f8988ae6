import { expect, test } from 'vitest';
import { toHeaders } from '../../infrastructure/messaging/cloud-event.ts';
import type { RecordedEvent } from '../events.ts';
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

test('the feed and JetStream have the same attributes of an event', () => {
  const { data, ...attributes } = JSON.parse(writeCloudEvent(recorded));
  expect(data).toEqual({ status: 'active' });
  const headers = toHeaders(recorded).map(([name, value]) => [name.slice('ce-'.length), value]);
  const texts = Object.entries(attributes).map(([name, value]) => [name, String(value)]);
  expect(headers).toEqual(texts);
  expect(attributes.sequence).toBe('3000000000');
});

test('an event without a user has no subject and no version', () => {
  const event = {
    type: 'authentication.failed',
    userId: null,
    userVersion: null,
    data: { reason: 'unknown_email', suppressed: 0 },
  } as const;
  const names = Object.keys(JSON.parse(writeCloudEvent({ ...recorded, event })));
  expect(names).not.toContain('subject');
  expect(names).not.toContain('userversion');
});
