import type { TSchema } from 'typebox';

/**
 * Reads a query string's values by what the schema says of each: whole numbers in their one decimal spelling become
 * numbers, everything else stays the text that was sent, for the schema to judge. A route without a query ignores it.
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
