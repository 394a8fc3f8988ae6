import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROBES, type Probe } from './probes.ts';
import { type Setting, settingOfTheFake, settingOfTheRealService } from './setting.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

let settings: readonly Setting[] = [];

beforeAll(async () => {
  settings = await Promise.all([settingOfTheFake(), settingOfTheRealService()]);
});

afterAll(async () => void (await Promise.all(settings.map(({ service }) => service.stop()))));

it.each(Object.entries(PROBES))(
  'the fake answers as the service does: %s',
  async (_name, probe) => {
    const [fake, real] = await Promise.all(settings.map((setting) => answer(setting, probe)));
    expect(fake).toEqual(real);
  },
);

it('the fake has nothing new for an entity tag that is current, as the service', async () => {
  const answers = settings.map(async ({ service: { url }, key }) => {
    const headers = { authorization: `Bearer ${key}` };
    const first = await fetch(`${url}/v1/revocations`, { headers });
    await first.text();
    const tag = first.headers.get('etag') ?? '';
    const second = await fetch(`${url}/v1/revocations`, {
      headers: { ...headers, 'if-none-match': tag },
    });
    return [second.status, second.headers.get('etag') === tag, await second.text()];
  });
  expect(await Promise.all(answers)).toEqual([
    [304, true, ''],
    [304, true, ''],
  ]);
});

it.each(['/v1/events', '/v1/events?types=user.*', '/v1/revocations'])(
  'the fake streams as the service does: %s',
  async (path) => {
    const [fake, real] = await Promise.all(settings.map((setting) => beginOfStream(setting, path)));
    expect(fake).toEqual(real);
  },
);

/** Headers and records of a stream, until two of them came. */
async function beginOfStream({ service: { url }, key }: Setting, path: string) {
  const hangUp = new AbortController();
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    signal: hangUp.signal,
  });
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of response.body ?? []) {
    text += decoder.decode(part, { stream: true });
    if (text.split('\n\n').length > 3) break;
  }
  hangUp.abort();
  const records = text.split('\n\n').slice(0, 3);
  return {
    headers: ['content-type', 'cache-control', 'vary', 'x-accel-buffering'].map((name) => [
      name,
      response.headers.get(name),
    ]),
    records: records.map((record) =>
      record
        .replace(/^id: .*$/m, 'id')
        .replace(/^data: (.*)$/m, (_line, data) => JSON.stringify(membersOf(data))),
    ),
  };
}

function membersOf(json: string): readonly string[] {
  return Object.keys(JSON.parse(json) as object).sort();
}

it('answers by the published schemas', async () => {
  const [setting] = settings;
  const faults: string[] = [];
  for (const [name, probe] of Object.entries(PROBES)) {
    if (setting === undefined) throw new Error('the fake did not start');
    const { status, type, values } = await send(setting, probe);
    const validate = validatorOf(probe, setting, status, type);
    if (validate === undefined) continue;
    for (const value of values.filter((one) => !isPosition(one))) {
      if (!validate(value)) faults.push(`${name}: ${JSON.stringify(validate.errors)}`);
    }
  }
  expect(faults).toEqual([]);
});

async function send(setting: Setting, probe: Probe) {
  const path = typeof probe.path === 'string' ? probe.path : probe.path(setting);
  const { credentials, contentType } = probe;
  const secret = credentials === 'nonsense' ? 'nonsense' : credentials && setting[credentials];
  const body = probe.body?.(setting);
  const response = await fetch(setting.service.url + path, {
    method: probe.method ?? 'GET',
    headers: {
      ...(secret === undefined
        ? {}
        : { authorization: `${credentials === 'basic' ? 'Basic' : 'Bearer'} ${secret}` }),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const text = await response.text();
  const lines = type === 'application/x-ndjson' ? text.trimEnd().split('\n') : [text];
  const values = lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  return { status: response.status, type, headers: response.headers, values };
}

interface Problem {
  readonly code: string;
  readonly title: string;
  readonly errors?: readonly object[];
}

/** What a client can rely on, without the values that differ from one service to the next. */
async function answer(setting: Setting, probe: Probe) {
  const { status, type, headers, values } = await send(setting, probe);
  const [first] = values;
  const isProblem = type === 'application/problem+json';
  const problem = isProblem ? (first as Problem) : undefined;
  return {
    ...{ status, type },
    cacheControl: headers.get('cache-control'),
    challenge: headers.get('www-authenticate'),
    hasTag: headers.has('etag'),
    link: headers.get('link')?.replaceAll(/[0-9a-f-]{8,}|(?<=after=)[0-9a-f-]+/g, '…') ?? null,
    code: problem?.code,
    title: problem?.title,
    faults: problem?.errors?.map((fault) => ({ ...fault, message: undefined })),
    shapes: [...new Set(values.map((value) => JSON.stringify(shapeOf(value))))].sort(),
  };
}

/** Keys and types of a value; of an array the shapes of its elements, each once. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = value.map((element) => JSON.stringify(shapeOf(element)));
    return [...new Set(shapes)].sort();
  }
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, shapeOf(inner)]),
  );
}

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly responses: Readonly<Record<string, object>> }>>
    >
  >;
}

const openApi = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')) as OpenApi;
const ajv = new Ajv2020({ strict: false, validateFormats: false, discriminator: false });
ajv.addSchema(openApi, 'openapi');

function validatorOf(probe: Probe, setting: Setting, status: number, type: string) {
  const text = typeof probe.path === 'string' ? probe.path : probe.path(setting);
  const [pathname = ''] = text.split('?');
  const path = pathname in openApi.paths ? pathname : '/v1/users/{id}';
  const method = probe.method?.toLowerCase() ?? 'get';
  if (pathname === '/v1/no-such-thing') return undefined;
  const response = follow(openApi.paths[path]?.[method]?.responses[status]);
  const content = response as { content?: Readonly<Record<string, { schema: object }>> };
  const schema = content.content?.[type]?.schema;
  expect(schema, `${method} ${path} ${status} ${type}`).toBeDefined();
  return ajv.compile(rooted(schema ?? {}) as object);
}

/** A response, by its reference. */
function follow(value: unknown): unknown {
  const reference = (value as { $ref?: string } | undefined)?.$ref;
  if (reference === undefined) return value;
  let found: unknown = openApi;
  for (const name of reference.split('/').slice(1))
    found = (found as Record<string, unknown>)[name];
  return found;
}

/** The schema with references that lead into the whole document. */
function rooted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(rooted);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? `openapi${value}` : rooted(value),
    ]),
  );
}

function isPosition(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'position';
}
