import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { generateOpenApi } from '../../scripts/generate-openapi.ts';
import { operatorRoutes, publicRoutes } from '../../src/interfaces/http/route-table.ts';
import { type Operation, readOperations } from './support/openapi-operations.ts';
import { createTestServer } from './support/test-server.ts';

const document = JSON.parse(await generateOpenApi());
const operations = readOperations(document);

describe('the OpenAPI document', () => {
  test('is the same each time', async () => {
    expect(await generateOpenApi()).toBe(await generateOpenApi());
    expect(JSON.stringify(document)).not.toMatch(/localhost|127\.0\.0\.1/);
  });

  test('is what the server serves, except for the version of the build', async () => {
    const { server } = await createTestServer({ settings: { version: '9.8.7' } });
    const served = await server.inject({ url: '/openapi.json' });
    expect(served.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(served.json()).toEqual({ ...document, info: { ...document.info, version: '9.8.7' } });
  });

  test('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  test('has every public route and no operator route', () => {
    const documented = operations.map(({ method, path }) => `${method} ${path}`).sort();
    const mounted = publicRoutes({ managementSeparate: false, version: '1' })
      .filter(({ undocumented }) => undocumented !== true)
      .map(({ method, path }) => `${method} ${path}`)
      .sort();
    expect(documented).toEqual(mounted);
    for (const { path } of operatorRoutes) expect(document.paths[path]).toBeUndefined();
  });

  test('gives every operation an access policy and a unique id', () => {
    for (const operation of operations) {
      expect(operation.security, operation.operationId).toBeInstanceOf(Array);
      expect(operation.description, operation.operationId).toMatch(/^Needs |\n\nNeeds /);
    }
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  test('has exactly these operations without credentials', () => {
    const open = operations.filter(({ security }) => security.length === 0);
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /.well-known/jwks.json',
      'GET /docs',
      'GET /health',
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
      'GET /openapi.json',
      'POST /v1/sessions',
      'POST /v1/sessions/refresh',
      'POST /v1/users',
    ]);
  });

  test('every reference resolves, and every schema is JSON Schema 2020-12', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const reference of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = (reference[1] ?? '')
        .split('/')
        .reduce((part: Record<string, never> | undefined, name) => part?.[name], document);
      expect(target, reference[1]).toBeDefined();
    }
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect(ajv.validateSchema(schema as object), name).toBe(true);
    }
  });

  test('every example fits its schema, and every JSON body has one', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'document', ...document });
    for (const { examples, schema, where } of bodiesOf(document)) {
      const shown = Object.values(examples ?? {}).map(({ $ref }) => lookUp(document, $ref).value);
      expect(shown.length, where).toBeGreaterThan(0);
      const reference = JSON.stringify(schema).replaceAll('"#/', '"document#/');
      const validate = ajv.compile(JSON.parse(reference));
      for (const example of shown) {
        expect(validate(example), `${where}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      }
    }
  });

  test('a problem is told apart by its code: one schema and one example for each', () => {
    const { schemas, examples } = document.components;
    for (const { examples: shown, schema, where, mediaType } of bodiesOf(document)) {
      if (mediaType !== 'application/problem+json') continue;
      const references = (schema.oneOf ?? [schema]).map(({ $ref }: { $ref: string }) => $ref);
      const codes = references.map((reference: string) => {
        const { allOf } = lookUp(document, reference);
        return allOf[1].properties.code.const;
      });
      expect(Object.keys(shown ?? {}), where).toEqual(codes);
      if (schema.discriminator === undefined) expect(codes, where).toHaveLength(1);
      else expect(Object.keys(schema.discriminator.mapping), where).toEqual(codes);
    }
    expect(schemas.EmailTakenProblem.allOf[1].properties).toMatchObject({
      code: { const: 'email_taken' },
      status: { const: 409 },
    });
    expect(examples.EmailTaken.value).toMatchObject({ code: 'email_taken', status: 409 });
    expect(schemas.FieldError.properties.code.enum).toContain('password_too_short');
  });

  test('generators of clients find the type of every list of words, and linters a text for every group', () => {
    for (const part of objectsIn(document)) {
      if (Array.isArray(part.enum)) expect(part.type, JSON.stringify(part)).toBe('string');
    }
    expect(document.info.contact.name).toMatch(/./);
    for (const { name, description } of document.tags) expect(description, name).toMatch(/\.$/);
    const used = new Set(Object.keys(document.components.schemas));
    const text = JSON.stringify(document);
    for (const name of used) expect(text).toContain(`"#/components/schemas/${name}"`);
  });

  test('no response has a field for a password, a hash or a private key', () => {
    for (const operation of operations) {
      for (const schema of Object.values(operation.responses)) {
        expect(JSON.stringify(schema), operation.operationId).not.toMatch(
          /"(?:[a-z_]*password[a-z_]*|[a-z_]*hash|d|private_key)":/,
        );
      }
    }
  });

  test('no administrator can set a password', () => {
    const takesPassword = ({ bodies }: Operation) =>
      Object.values(bodies).some((schema) => /"(?:new_)?password":/.test(JSON.stringify(schema)));
    const ids = operations.filter(takesPassword).map(({ operationId }) => operationId);
    expect(ids.sort()).toEqual(['changePassword', 'registerUser', 'signIn']);
  });
});

describe('the documentation page', () => {
  test('loads only files of this server and has no inline code', async () => {
    const { server } = await createTestServer();
    const page = await server.inject({ url: '/docs' });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const loads = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url = '']) => url);
    expect(loads).toHaveLength(11);
    expect(page.body).not.toMatch(/<style|style=|<script>|\son[a-z]+=|https?:/);
    for (const url of loads) {
      const asset = await server.inject({ url: `/${url}` });
      expect(asset.statusCode, url).toBe(200);
      expect(asset.rawPayload.length, url).toBeGreaterThan(50);
      expect(asset.headers['cache-control'], url).toMatch(/^public/);
      const loadsMore = /@import|url\((?!["']?data:)/.test(asset.body);
      if (url.endsWith('.css')) expect(loadsMore, url).toBe(false);
    }
  });

  test('sends nothing to a validator on the internet', async () => {
    const { server } = await createTestServer();
    const script = await server.inject({ url: '/docs/start.js' });
    expect(script.body).toContain('validatorUrl: null');
    expect(script.body).not.toMatch(/https?:/);
  });
});

interface Body {
  readonly where: string;
  readonly mediaType: string;
  // biome-ignore lint/suspicious/noExplicitAny: a part of the document as it stands
  readonly schema: any;
  readonly examples?: Readonly<Record<string, { readonly $ref: string }>>;
}

/** Every JSON body of the document, of requests and responses, but this document itself. */
// biome-ignore lint/suspicious/noExplicitAny: a part of the document as it stands
function bodiesOf(part: any, where = ''): Body[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    if (key !== 'content') return bodiesOf(value, `${where}/${key}`);
    return Object.entries(value as Record<string, Body>)
      .filter(([mediaType]) => mediaType.endsWith('json'))
      .map(([mediaType, body]) => ({ ...body, mediaType, where }))
      .filter(({ schema }) => schema.type !== 'object');
  });
}

// biome-ignore lint/suspicious/noExplicitAny: a part of the document as it stands
function lookUp(document: any, reference: string): any {
  return reference
    .replace('#/', '')
    .split('/')
    .reduce((part, name) => part?.[name], document);
}

function* objectsIn(part: unknown): Generator<Record<string, unknown>> {
  if (typeof part !== 'object' || part === null) return;
  yield part as Record<string, unknown>;
  for (const value of Object.values(part)) yield* objectsIn(value);
}
