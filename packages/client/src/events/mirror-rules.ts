import { isRecord, nameOf, type UserEvent } from './event.ts';
import type { UserRow } from './mirror-store.ts';

/** What a copy does with an event. */
export type Verdict = 'ignore' | 'delete' | 'read' | 'change';

/**
 * Compares the event with the version that the copy has.
 *
 * Only greater versions count: a delivery is repeated, also an old one after a newer one. A user that the copy does not
 * have is read, never made from an event: the event may be an old one of a deleted user. A version that is not the next
 * one hides a change, so the user is read.
 */
export function judge(event: UserEvent, knownVersion: number | null): Verdict {
  const { userVersion } = event;
  if (userVersion === null || !nameOf(event).startsWith('user.')) return 'ignore';
  if (knownVersion === null) return event.type === 'user.deleted' ? 'ignore' : 'read';
  if (userVersion <= knownVersion) return 'ignore';
  if (event.type === 'user.deleted') return 'delete';
  // It has the whole state, behind a jump of the version.
  if (event.type === 'user.restored') return 'change';
  return event.type === 'unknown' || userVersion !== knownVersion + 1 ? 'read' : 'change';
}

/** Fields that events can carry. */
const PROFILE = new Set(['first_name', 'last_name', 'email', 'phone', 'locale']);

/** Whether events can carry all fields that the copy keeps. Others, such as `updated_at`, are read. */
export function canFollowValues(fields: readonly string[] | 'all'): fields is readonly string[] {
  return fields !== 'all' && fields.every((field) => PROFILE.has(field) || field === 'status');
}

/**
 * The row after the event; null when the event does not carry all that changed, or has data that this version does not
 * understand.
 */
export function applyValues(
  row: UserRow,
  event: UserEvent,
  fields: readonly string[],
): UserRow | null {
  const next = { ...row, version: event.userVersion ?? row.version };
  const {
    values,
    changed_fields: changed,
    status,
  } = event.data as Readonly<Record<string, unknown>>;
  switch (event.type) {
    case 'user.updated':
    case 'user.email_changed':
      return withValues(next, values, changed, fields);
    case 'user.restored':
      return withValues(withStatus(next, status, fields), values, [...PROFILE], fields);
    case 'user.disabled':
      return withStatus(next, 'disabled', fields);
    case 'user.enabled':
      return withStatus(next, 'active', fields);
    case 'user.email_verified':
    case 'user.password_changed':
    case 'user.password_expired':
      return next;
    default:
      return null;
  }
}

function withStatus(row: UserRow, status: unknown, fields: readonly string[]): UserRow | null {
  if (!fields.includes('status')) return row;
  return typeof status === 'string' ? { ...row, status } : null;
}

/** @param row - null when other data was not understood */
function withValues(
  row: UserRow | null,
  values: unknown,
  changed: unknown,
  fields: readonly string[],
): UserRow | null {
  if (row === null || !Array.isArray(changed)) return null;
  const names = changed.filter((name) => fields.includes(name));
  if (names.length === 0) return row;
  if (!isRecord(values)) return null;
  const isText = (value: unknown) => value === null || typeof value === 'string';
  if (!names.every((name) => Object.hasOwn(values, name) && isText(values[name]))) return null;
  return { ...row, ...Object.fromEntries(names.map((name) => [name, values[name]])) };
}
