import type { TSchema } from 'typebox';
import { schemaName } from '../../src/interfaces/http/openapi/named-schemas.ts';

/** The keywords of JSON Schema that a route uses, as far as types know them. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly TSchema[];
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
}

/** Names of schemas that were written, so that a module imports them. */
export type Names = Set<string>;

/** The type of a schema: its name if it has one. Names are added to `used`. */
export function typeOf(schema: TSchema, used: Names): string {
  const name = schemaName(schema);
  if (name === undefined) return typeWithoutName(schema, used);
  used.add(name);
  return name;
}

/** @throws Error for a schema with keywords that have no type here */
export function typeWithoutName(schema: TSchema, used: Names): string {
  const { type, const: literal, enum: values, anyOf, items, patternProperties } = schema as Schema;
  if (literal !== undefined) return literalOf(literal);
  if (values !== undefined) return values.map(literalOf).join(' | ');
  if (anyOf !== undefined) return anyOf.map((option) => typeOf(option, used)).join(' | ');
  if (Array.isArray(type)) {
    return type
      .map((one) => typeWithoutName({ ...schema, type: one } as TSchema, used))
      .join(' | ');
  }
  if (type === 'array') return `readonly (${typeOf(items ?? {}, used)})[]`;
  if (type === 'integer') return 'number';
  if (type === 'string' || type === 'number' || type === 'boolean' || type === 'null') return type;
  if (type === undefined) return 'unknown';
  if (type !== 'object') throw new Error(`no type for ${JSON.stringify(schema)}`);
  const [valueSchema] = Object.values(patternProperties ?? {});
  if (valueSchema === undefined) return objectType(schema as Schema, used);
  return `Readonly<Record<string, ${typeOf(valueSchema, used)}>>`;
}

/** Closed objects are inputs: their optional members may also be `undefined`, which JSON leaves out. */
function objectType(schema: Schema, used: Names): string {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (Object.keys(properties).length === 0) return 'Readonly<Record<string, unknown>>';
  const orUndefined = additionalProperties === false ? ' | undefined' : '';
  const members = Object.entries(properties).map(([name, property]) => {
    const isRequired = required.includes(name);
    const type = `${typeOf(property, used)}${isRequired ? '' : orUndefined}`;
    return `${comment((property as Schema).description)}readonly ${memberName(name)}${isRequired ? '' : '?'}: ${type};`;
  });
  return `{\n${indent(members.join('\n'))}\n}`;
}

function memberName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
}

export function literalOf(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

/** A doc comment with its line end; empty without a text. */
export function comment(text: string | undefined): string {
  return text ? `/** ${text.replace(/\*\//g, '*∕').replace(/\s*\n\s*/g, ' ')} */\n` : '';
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
