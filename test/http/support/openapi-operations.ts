/** A JSON Schema of the document with resolved references. */
export type Schema = Readonly<Record<string, unknown>>;

/** A parameter in the path, the query or a header. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  /** Scope of a service key. */
  readonly scope: string | undefined;
  readonly parameters: readonly Parameter[];
  /** Schemas of the body by media type; empty for an operation without a body. */
  readonly bodies: Readonly<Record<string, Schema>>;
  /** Schemas of the responses by status; null for a response without a body. */
  readonly responses: Readonly<Record<string, Schema | null>>;
  /** Media types of the responses with a body, by status. */
  readonly responseTypes: Readonly<Record<string, string>>;
}

type Json = Record<string, unknown>;

/** Reads all operations of an OpenAPI 3.1 document. */
export function readOperations(document: Json): readonly Operation[] {
  const paths = resolve(document.paths, document) as Record<string, Record<string, Json>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      readOperation(method.toUpperCase(), path, operation),
    ),
  );
}

function readOperation(method: string, path: string, operation: Json): Operation {
  const body = operation.requestBody as { content: Record<string, { schema: Schema }> } | undefined;
  const responses = Object.entries(
    operation.responses as Record<string, { content?: Record<string, { schema: Schema }> }>,
  );
  const contents = responses.map(([status, { content = {} }]) => ({
    status,
    content: Object.entries(content)[0],
  }));
  return {
    method,
    path,
    operationId: String(operation.operationId),
    description: String(operation.description),
    security: operation.security as Operation['security'],
    scope: operation['x-required-scope'] as string | undefined,
    parameters: (operation.parameters ?? []) as readonly Parameter[],
    bodies: Object.fromEntries(
      Object.entries(body?.content ?? {}).map(([type, { schema }]) => [type, schema]),
    ),
    responses: Object.fromEntries(
      contents.map(({ status, content }) => [status, content?.[1].schema ?? null]),
    ),
    responseTypes: Object.fromEntries(
      contents.flatMap(({ status, content }) =>
        content === undefined ? [] : [[status, content[0]]],
      ),
    ),
  };
}

function resolve(part: unknown, document: Json): unknown {
  if (Array.isArray(part)) return part.map((element) => resolve(element, document));
  if (typeof part !== 'object' || part === null) return part;
  const { $ref } = part as { $ref?: unknown };
  if (typeof $ref === 'string') return resolve(lookUp($ref, document), document);
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, resolve(value, document)]),
  );
}

function lookUp(reference: string, document: Json): unknown {
  const names = reference.replace(/^#\//, '').split('/');
  return names.reduce<unknown>((part, name) => (part as Json | undefined)?.[name], document);
}
