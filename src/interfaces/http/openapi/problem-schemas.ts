import { PROBLEMS, type ProblemCode, problemType } from '../../api/problem-table.ts';
import { problemDocument } from '../../api/problems.ts';

const REQUEST_ID = '0198c0de-1f2e-4a5b-8c7d-9e0f1a2b3c4d';

/** `invalid_credentials` is `InvalidCredentials`. */
export function pascalCase(code: string): string {
  return code.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function reference(code: ProblemCode): string {
  return `#/components/schemas/${pascalCase(code)}Problem`;
}

/** A schema for each code, so that generated clients know which codes an operation returns. */
export function problemSchemas(codes: ReadonlySet<ProblemCode>): Record<string, unknown> {
  return Object.fromEntries(
    [...codes].map((code) => [
      `${pascalCase(code)}Problem`,
      {
        description: PROBLEMS[code].meaning,
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          {
            type: 'object',
            required: [
              ...['type', 'status', 'code'],
              ...(code === 'validation_failed' ? ['errors'] : []),
            ],
            properties: {
              type: { type: 'string', const: problemType(code) },
              status: { type: 'integer', const: PROBLEMS[code].status },
              code: { type: 'string', const: code },
            },
          },
        ],
      },
    ]),
  );
}

/** The problem with one of these codes. */
export function problemSchemaOf(codes: readonly ProblemCode[]): Record<string, unknown> {
  const [only] = codes;
  if (codes.length === 1 && only !== undefined) return { $ref: reference(only) };
  return {
    oneOf: codes.map((code) => ({ $ref: reference(code) })),
    discriminator: {
      propertyName: 'code',
      mapping: Object.fromEntries(codes.map((code) => [code, reference(code)])),
    },
  };
}

/** References to the examples of these codes. */
export function problemExamplesOf(codes: readonly ProblemCode[]): Record<string, unknown> {
  return Object.fromEntries(
    codes.map((code) => [code, { $ref: `#/components/examples/${pascalCase(code)}` }]),
  );
}

/** An example for each code, as the service would send it. */
export function problemExamples(codes: ReadonlySet<ProblemCode>): Record<string, unknown> {
  return Object.fromEntries(
    [...codes].map((code) => [
      pascalCase(code),
      { summary: PROBLEMS[code].title, value: exampleOf(code) },
    ]),
  );
}

function exampleOf(code: ProblemCode): unknown {
  if (code !== 'validation_failed') {
    return problemDocument({ code, detail: PROBLEMS[code].meaning }, REQUEST_ID);
  }
  const fieldErrors = [
    {
      pointer: '/email',
      code: 'email_domain',
      message: 'The part after @ must be a domain name with at least two labels.',
    },
  ];
  return problemDocument(
    { code, detail: 'One or more fields are not valid.', fieldErrors },
    REQUEST_ID,
  );
}
