import type { TSchema } from 'typebox';

/** The parts of a JSON Schema that decide what leaves. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
}

/**
 * Writes a value as JSON by its schema, so that a field that the schema does not name never leaves. Times
 * are formatted, other values stay as they are: which fields there are is the schema's business, what they hold the
 * route's.
 * @throws Error when a required field is missing: the answer would not be what the document promises.
 */
export function writeJson(
  schema: TSchema,
  value: unknown,
  formatTime: (time: Date) => string,
): string {
  return JSON.stringify(pick(schema as Shape, value, formatTime));
}

function pick(shape: Shape, value: unknown, formatTime: (time: Date) => string): unknown {
  if (value instanceof Date) return formatTime(value);
  const { properties, items, required } = shape;
  if (items !== undefined && Array.isArray(value)) {
    return value.map((element) => pick(items, element, formatTime));
  }
  if (properties === undefined || typeof value !== 'object' || value === null) return value;
  const picked: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(properties)) {
    const field: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
    if (field !== undefined) picked[name] = pick(inner, field, formatTime);
    else if (required?.includes(name)) throw new Error(`The answer lacks the field ${name}.`);
  }
  return picked;
}
