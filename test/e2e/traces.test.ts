import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findFreePort } from '../support/free-port.ts';
import { createWorkingDirectory, type Env, outcomeOf, register, serve } from './support.ts';

const NAME_LOADED = `
  import { writeSync } from 'node:fs';
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    if (/\\/dist\\/[^/]+\\.js$/.test(found.url)) writeSync(2, 'loads ' + found.url + '\\n');
    return found;
  }`;
const HOOK = `import { register } from 'node:module'; register(${JSON.stringify(asModule(NAME_LOADED))});`;

function asModule(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** Runs the built service, registers a user, and stops it. @returns the OpenTelemetry packages in the files that it loaded */
async function run(env: Env) {
  const { url, process } = await serve(createWorkingDirectory(), {
    NODE_OPTIONS: `--import=${asModule(HOOK)}`,
    ...env,
  });
  await register(url, 'edda@example.com');
  process.signal('SIGTERM');
  const { code, stderr, stdout } = await outcomeOf(process);
  const files = [...stderr.matchAll(/^loads (.+)$/gm)].map(([, url = '']) => new URL(url));
  expect(files.length).toBeGreaterThan(0);
  // The bundler names the origin of each CommonJS module, which all these packages are.
  const origins = files.flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(/"node_modules\/(@opentelemetry\/[\w-]+)/g),
  ]);
  return { code, loaded: [...new Set(origins.map(([, name]) => name))], stdout };
}

it('loads nothing of OpenTelemetry while tracing is off, but the API that the metrics library requires', async () => {
  expect(await run({})).toMatchObject({ code: 0, loaded: ['@opentelemetry/api'] });
});

it('traces from the start, and stops cleanly without a collector', async () => {
  const endpoint = `http://127.0.0.1:${await findFreePort()}`;
  const { code, loaded, stdout } = await run({ TRACING_ENDPOINT: endpoint });
  expect(code).toBe(0);
  expect(loaded).toContain('@opentelemetry/sdk-trace');
  expect(stdout).toMatch(/"trace_id":"[0-9a-f]{32}","message":"request"/);
  expect(stdout).toContain('spans were dropped; requests are not affected');
});
