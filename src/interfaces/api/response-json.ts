import type { TSchema } from 'typebox';

/** The parts of a JSON Schema that select fields. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
}

type Pick = (value: unknown, formatTime: (time: Date) => string) => unknown;

/** JSON that `writeJson` has written before, by the same schema. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const picks = new WeakMap<object, Pick>();

/**
 * Writes a value as JSON with the fields of its schema only, so that no other field leaves the service. Times are
 * formatted; other values are not checked or changed. A `JsonText` is returned as it is. Each schema is compiled at its
 * first use.
 * @throws Error when a required field is missing: the response would break the documented contract
 */
export function writeJson(
  schema: TSchema,
  value: unknown,
  formatTime: (time: Date) => string,
): string {
  if (value instanceof JsonText) return value.text;
  let pick = picks.get(schema);
  if (pick === undefined) {
    pick = pickOf(schema);
    picks.set(schema, pick);
  }
  return JSON.stringify(pick(value, formatTime));
}

function pickOf({ properties, items, required }: Shape): Pick {
  const pickItem = items === undefined ? undefined : pickOf(items);
  const fields = Object.entries(properties ?? {}).map(([name, shape]) => ({
    name,
    pick: pickOf(shape),
    isRequired: required?.includes(name) === true,
  }));
  return (value, formatTime) => {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Date) return formatTime(value);
    if (pickItem !== undefined && Array.isArray(value)) {
      return value.map((element) => pickItem(element, formatTime));
    }
    if (properties === undefined) return value;
    const picked: Record<string, unknown> = {};
    for (const { name, pick, isRequired } of fields) {
      const field: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
      if (field !== undefined) picked[name] = pick(field, formatTime);
      else if (isRequired) throw new Error(`The response lacks the field ${name}.`);
    }
    return picked;
  };
}
