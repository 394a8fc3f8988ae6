import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { UUID_PATTERN } from '../../lib/uuid.ts';
import { InvalidRequest, MAX_FIELD_ERRORS, type ProblemFieldError } from './problems.ts';
import { REPEATABLE_NAME } from './request-json.ts';

export type RequestPart = 'body' | 'query' | 'path';

const POINTER_PREFIX: Readonly<Record<RequestPart, string>> = {
  body: '',
  query: '/query',
  path: '/path',
};

// No coercion, removal or defaults: a value either fits as sent, or is rejected.
const options = {
  allowUnionTypes: true,
  coerceTypes: false,
  ownProperties: true,
  removeAdditional: false,
  useDefaults: false,
  validateFormats: false,
  // The schemas are ours, and tested: the one that describes schemas would cost some milliseconds of each start.
  meta: false,
  validateSchema: false,
} as const;

/** `isValid` stops at the first error. `listErrors` finds all of them, so it gets a value of limited size. */
interface Validators {
  readonly isValid: ValidateFunction;
  readonly listErrors: ValidateFunction;
}

const firstError = new Ajv({ ...options, allErrors: false });
const everyError = new Ajv({ ...options, allErrors: true });
const compiled = new WeakMap<TSchema, Validators>();

/**
 * Returns the first `MAX_FIELD_ERRORS` field errors of a value. Each schema is compiled at its first use. Creating an
 * error costs more than checking a value, so a value with thousands of errors is cut before its errors are listed.
 */
export function findFieldErrors(
  part: RequestPart,
  schema: TSchema,
  value: unknown,
): readonly ProblemFieldError[] {
  let validators = compiled.get(schema);
  if (validators === undefined) {
    validators = { isValid: firstError.compile(schema), listErrors: everyError.compile(schema) };
    compiled.set(schema, validators);
  }
  const { isValid, listErrors } = validators;
  if (isValid(value)) return [];
  const first = isValid.errors ?? [];
  listErrors(withinErrorLimit(schema, value));
  // The error can be in the part that was cut off, such as too many elements.
  const listed = listErrors.errors ?? [];
  const rest = listed.filter(({ instancePath, keyword, params }) =>
    first.every(
      (error) =>
        error.instancePath !== instancePath ||
        error.keyword !== keyword ||
        JSON.stringify(error.params) !== JSON.stringify(params),
    ),
  );
  return [...first, ...rest].slice(0, MAX_FIELD_ERRORS).map((error) => toFieldError(part, error));
}

/** What `withinErrorLimit` reads of a schema. */
interface SizedSchema {
  readonly properties?: Readonly<Record<string, SizedSchema>>;
  readonly items?: SizedSchema;
  readonly maxItems?: number;
}

/**
 * Copies a value without the elements and unknown properties that could only add errors beyond `MAX_FIELD_ERRORS`. The
 * depth is that of the schema.
 */
function withinErrorLimit(schema: SizedSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items, maxItems = 0 } = schema;
    const kept = value.length <= maxItems ? value : value.slice(0, MAX_FIELD_ERRORS);
    return items === undefined ? kept : kept.map((element) => withinErrorLimit(items, element));
  }
  const { properties } = schema;
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  const members = value as Readonly<Record<string, unknown>>;
  const kept: [string, unknown][] = [];
  for (const [name, known] of Object.entries(properties)) {
    if (Object.hasOwn(members, name)) kept.push([name, withinErrorLimit(known, members[name])]);
  }
  let unknown = 0;
  // A list of all entries would cost more than the check itself: a body has thousands of unknown fields.
  for (const name in members) {
    if (!Object.hasOwn(members, name) || Object.hasOwn(properties, name)) continue;
    if (unknown === MAX_FIELD_ERRORS) break;
    unknown += 1;
    kept.push([name, members[name]]);
  }
  return Object.fromEntries(kept);
}

/** @throws InvalidRequest if there are field errors */
export function assertNoFieldErrors(fieldErrors: readonly ProblemFieldError[]): void {
  if (fieldErrors.length > 0) throw new InvalidRequest(fieldErrors);
}

function toFieldError(part: RequestPart, error: ErrorObject): ProblemFieldError {
  const base = `${POINTER_PREFIX[part]}${error.instancePath}`;
  const { keyword, params } = error;
  switch (keyword) {
    case 'required':
      return {
        pointer: `${base}/${params.missingProperty}`,
        code: 'required',
        message: 'Is required.',
      };
    case 'additionalProperties':
      return {
        pointer: unknownPointer(base, String(params.additionalProperty)),
        code: 'unknown_field',
        message: 'Is not a known field.',
      };
    case 'type':
      return { pointer: base, code: 'wrong_type', message: `Must be ${typeName(params.type)}.` };
    case 'enum':
      return {
        pointer: base,
        code: 'not_allowed',
        message: `Must be one of ${params.allowedValues.join(', ')}.`,
      };
    case 'pattern':
      return { pointer: base, code: 'wrong_format', message: patternMessage(error) };
    case 'minimum':
    case 'maximum':
      return {
        pointer: base,
        code: 'out_of_range',
        message: `Must be ${keyword === 'minimum' ? 'at least' : 'at most'} ${params.limit}.`,
      };
    case 'minItems':
    case 'maxItems':
      return {
        pointer: base,
        code: 'wrong_count',
        message: `Must have ${keyword === 'minItems' ? 'at least' : 'at most'} ${params.limit} elements.`,
      };
    case 'minProperties':
      return { pointer: base, code: 'empty', message: 'Must have at least one field.' };
    default:
      return { pointer: base, code: 'invalid', message: 'Is invalid.' };
  }
}

function unknownPointer(base: string, name: string): string {
  return REPEATABLE_NAME.test(name) ? `${base}/${name}` : base;
}

function patternMessage(error: ErrorObject): string {
  return error.params.pattern === UUID_PATTERN
    ? 'Must be a UUID.'
    : 'Must have the documented format.';
}

function typeName(type: string | readonly string[]): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a string',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'an array',
    object: 'an object',
    null: 'null',
  };
  return [type]
    .flat()
    .map((name) => names[name] ?? name)
    .join(' or ');
}
