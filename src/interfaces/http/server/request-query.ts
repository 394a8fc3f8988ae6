import type { TSchema } from 'typebox';

/**
 * Converts the integers of a query string. A whole number in canonical decimal form becomes a number; everything else
 * stays text, and the schema accepts or rejects it. A route without a query schema ignores the query.
 */
export function readQuery(query: unknown, schema: TSchema | undefined): Record<string, unknown> {
  if (schema === undefined) return {};
  const { properties } = schema as { properties?: Record<string, { type?: unknown }> };
  const entries = Object.entries(query as Record<string, unknown>).map(([name, value]) => {
    const isNumber = properties?.[name]?.type === 'integer';
    return [name, isNumber ? toWholeNumber(value) : value];
  });
  return Object.fromEntries(entries);
}

function toWholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^(?:0|[1-9]\d{0,8})$/.test(value) ? Number(value) : value;
}
