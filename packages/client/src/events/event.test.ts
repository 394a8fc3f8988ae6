import { describe, expect, test } from 'vitest';
import vectors from '../../../conformance/events.json' with { type: 'json' };
import { EVENT_TYPES } from '../generated/events.ts';
import { nameOf, readCloudEvent, readEventMessage, type UserEvent } from './event.ts';
import { applyValues, canFollowValues, judge } from './mirror-rules.ts';

interface Vector {
  readonly name: string;
  readonly form: string;
  readonly json?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly known_version?: number | null;
  readonly event?: { readonly type: string; readonly userversion: number };
  readonly expected: { readonly verdict: string; readonly event?: object };
}

const cases = vectors.cases as unknown as readonly Vector[];
const USER = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';

/** An event of the feed with this type and version. */
function eventWith(type: string, userversion: number, data: object = {}): UserEvent {
  const event = readCloudEvent({
    ...{ specversion: '1.0', id: USER, source: 'urn:user-service:events', type },
    ...{ time: '2026-11-05T09:30:00.000Z', subject: USER, userversion, sequence: '7', data },
  });
  if (event === null) throw new Error('no event');
  return event;
}

describe('the verdicts of the conformance vectors', () => {
  test.each(cases.filter(({ form }) => form !== 'copy'))('$form: $name', (vector) => {
    const { json, headers = {}, data = '', expected } = vector;
    const read =
      json === undefined
        ? readEventMessage((name) => headers[name] ?? '', data)
        : readCloudEvent(JSON.parse(json));
    expect(read).toEqual(expected.verdict === 'event' ? expected.event : null);
  });

  test.each(cases.filter(({ form }) => form === 'copy'))('copy: $name', (vector) => {
    const { type = '', userversion = 0 } = vector.event ?? {};
    const verdict = judge(eventWith(type, userversion), vector.known_version ?? null);
    expect(verdict).toBe(vector.expected.verdict);
  });
});

test('a switch over the types is complete for the compiler', () => {
  const words = (event: UserEvent): string => {
    switch (event.type) {
      case 'user.created':
      case 'user.restored':
        return event.data.status;
      case 'user.updated':
      case 'user.email_changed':
        return event.data.changed_fields.join();
      case 'session.ended':
        return event.data.reason;
      case 'session.started':
      case 'token.reuse_detected':
        return event.data.session_id;
      case 'authentication.failed':
        return event.userId ?? event.data.reason;
      case 'user.disabled':
        return event.data.until ?? '';
      case 'account.locked':
        return event.data.factor;
      case 'user.deleted':
      case 'user.email_verified':
      case 'user.enabled':
      case 'user.password_changed':
      case 'user.password_expired':
        return event.userId;
      case 'unknown':
        return event.cloudEventType;
    }
  };
  expect(words(eventWith('user-service.user.deleted.v1', 2))).toBe(USER);
  expect(words(eventWith('user-service.user.merged.v1', 2))).toBe('user-service.user.merged.v1');
  expect(nameOf(eventWith('user-service.user.merged.v1', 2))).toBe('user.merged');
  expect(EVENT_TYPES).toContain('user.deleted');
});

describe('a row follows an event that carries all that changed', () => {
  const row = { id: USER, version: 3, email: 'a@b.example', status: 'active' };
  const fields = ['email', 'status'];
  const apply = (type: string, data: object) =>
    applyValues(row, eventWith(`user-service.user.${type}.v1`, 4, data), fields);

  test.each([
    ['updated', { changed_fields: ['phone'] }, {}],
    ['updated', { changed_fields: ['email', 'phone'], values: { email: 'x' } }, { email: 'x' }],
    ['email_changed', { changed_fields: ['email'], values: { email: 'x' } }, { email: 'x' }],
    ['disabled', { until: null }, { status: 'disabled' }],
    ['enabled', {}, { status: 'active' }],
    ['password_changed', {}, {}],
    ['email_verified', {}, {}],
    ['password_expired', {}, {}],
    [
      'restored',
      { status: 'disabled', values: { email: 'x' } },
      { email: 'x', status: 'disabled' },
    ],
  ])('user.%s %o', (type, data, changes) => {
    expect(apply(type, data)).toEqual({ ...row, version: 4, ...changes });
  });

  test.each([
    ['updated', { changed_fields: ['email'] }],
    ['email_changed', { changed_fields: ['email'], values: { phone: null } }],
    ['restored', { status: 'active' }],
    ['created', { status: 'active' }],
    ['merged', {}],
  ])('user.%s %o needs a read', (type, data) => {
    expect(apply(type, data)).toBeNull();
  });

  test('a copy with fields that no event carries is read', () => {
    expect(canFollowValues(fields)).toBe(true);
    expect(canFollowValues(['email', 'updated_at'])).toBe(false);
    expect(canFollowValues('all')).toBe(false);
  });
});
