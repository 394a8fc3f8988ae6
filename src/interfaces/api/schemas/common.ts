import Type, { type TSchema } from 'typebox';
import { UUID_PATTERN } from '../../../lib/uuid.ts';

/** An object that rejects unknown fields. */
export function closedObject<P extends Record<string, TSchema>>(
  properties: P,
  options: { readonly minProperties?: number; readonly description?: string } = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** A UUID in a request: any version, either case. */
export function uuidInput(description: string) {
  return Type.String({ pattern: UUID_PATTERN, format: 'uuid', description });
}

export function uuidOutput(description?: string) {
  return Type.String({ format: 'uuid', ...(description === undefined ? {} : { description }) });
}

export function nullableString(options: Record<string, unknown> = {}) {
  return Type.Unsafe<string | null>({ type: ['string', 'null'], ...options });
}

/** One of a few words. It names its type, which generators of clients need. */
export function wordOf<W extends string>(
  words: readonly W[],
  options: { readonly description?: string } = {},
) {
  return Type.Unsafe<W>({ type: 'string', enum: words, ...options });
}

/** A time in a response: RFC 3339, UTC, milliseconds. */
export function timeOutput(description?: string) {
  return Type.Unsafe<Date>({
    type: 'string',
    format: 'date-time',
    ...(description === undefined ? {} : { description }),
  });
}

export function nullableTimeOutput() {
  return Type.Unsafe<Date | null>({ type: ['string', 'null'], format: 'date-time' });
}
