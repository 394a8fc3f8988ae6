import type { JsonSchema } from '../kinds.ts';
import { definitionOf, fileKeyOf, type Key, keys } from '../schema.ts';

interface ObjectSchema {
  readonly type: readonly ['object', 'null'];
  readonly additionalProperties: false;
  readonly properties: Record<string, JsonSchema | ObjectSchema>;
}

function emptySection(): ObjectSchema {
  return { type: ['object', 'null'], additionalProperties: false, properties: {} };
}

/** Also accepts null: a key without a value counts as unset. */
function orNull(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema.enum)) return { ...schema, enum: [...schema.enum, null] };
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  return { ...schema, type: [schema.type, 'null'] };
}

function describe(key: Key): JsonSchema {
  const { kind, presence, fallback, doc, derivation } = definitionOf(key);
  const description = derivation === undefined ? doc : `${doc}. Default: ${derivation}`;
  return {
    description,
    ...orNull(kind.jsonSchema),
    ...(presence === 'default' ? { default: kind.format(fallback) } : {}),
  };
}

function place(root: ObjectSchema, path: string, schema: JsonSchema): void {
  const parts = path.split('.');
  const leaf = parts.pop() ?? path;
  let node = root;
  for (const part of parts) {
    const existing = node.properties[part];
    const next = existing === undefined ? emptySection() : (existing as ObjectSchema);
    node.properties[part] = next;
    node = next;
  }
  node.properties[leaf] = schema;
}

/** The JSON Schema (2020-12) of the configuration file, as the text of `config/schema.json`. */
export function jsonSchema(): string {
  const root = emptySection();
  for (const key of keys) {
    place(root, key, describe(key));
    const fileKey = fileKeyOf(key);
    if (fileKey === undefined) continue;
    const description = `Path of a file that holds \`${key}\``;
    place(root, fileKey, { description, type: ['string', 'null'], minLength: 1 });
  }
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:user-service:configuration',
    title: 'Configuration file of the user service',
    ...root,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
