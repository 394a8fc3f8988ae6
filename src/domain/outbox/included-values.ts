import type { DomainEvent, NewEvent } from '../events.ts';
import type { ProfileField } from '../user/profile-fields.ts';

/**
 * The event with the values of the included fields in its data, and without the others. Data that names no included
 * field has no `values`.
 */
export function withIncludedValues(
  { values = {}, ...event }: NewEvent,
  included: readonly ProfileField[],
): DomainEvent {
  const named = included.filter((field) => values[field] !== undefined);
  if (named.length === 0) return event as DomainEvent;
  const kept = Object.fromEntries(named.map((field) => [field, values[field]]));
  return { ...event, data: { ...event.data, values: kept } } as DomainEvent;
}
