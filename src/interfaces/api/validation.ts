import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { UUID_PATTERN } from '../../lib/uuid.ts';
import { InvalidRequest, type ProblemFieldError } from './problems.ts';

export type RequestPart = 'body' | 'query' | 'path';

const POINTER_PREFIX: Readonly<Record<RequestPart, string>> = {
  body: '',
  query: '/query',
  path: '/path',
};

/** Property names that a response may repeat. Any other name could be a secret sent in the wrong place. */
const REPEATABLE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

// No coercion, removal or defaults: a value either fits as sent, or is rejected.
const ajv = new Ajv({
  allErrors: true,
  allowUnionTypes: true,
  coerceTypes: false,
  ownProperties: true,
  removeAdditional: false,
  useDefaults: false,
  validateFormats: false,
});
const compiled = new WeakMap<TSchema, ValidateFunction>();

/** Returns all field errors of a value. Each schema is compiled at its first use. */
export function findFieldErrors(
  part: RequestPart,
  schema: TSchema,
  value: unknown,
): readonly ProblemFieldError[] {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => toFieldError(part, error));
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
