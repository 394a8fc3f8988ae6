import type { TSchema } from 'typebox';

/** The parts of a JSON Schema that decide what leaves. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
}

/**
 * Writes a value as JSON by its schema, so that a field that the schema does not name never leaves. Values stay as
 * they are: what a field holds is the route's business, which fields there are is the schema's.
 * @throws Error when a required field is missing: the answer would not be what the document promises.
 */
export function writeJson(schema: TSchema, value: unknown): string {
  return JSON.stringify(pick(schema as Shape, value));
}

function pick(shape: Shape, value: unknown): unknown {
  const { properties, items, required } = shape;
  if (items !== undefined && Array.isArray(value)) {
    return value.map((element) => pick(items, element));
  }
  if (properties === undefined || typeof value !== 'object' || value === null) return value;
  const picked: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(properties)) {
    const field: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
    if (field !== undefined) picked[name] = pick(inner, field);
    else if (required?.includes(name)) throw new Error(`The answer lacks the field ${name}.`);
  }
  return picked;
}
