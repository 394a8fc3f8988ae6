import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FakeUserService, fakeUserService } from '@user-service/client/testing';
import { transform } from 'esbuild';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { startProcess } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { fencedBlocks } from '../support/markdown.ts';
import { createWorkingDirectory } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/use-it/protect-your-service.md'), 'utf8');
const blocks = fencedBlocks(page);

/** The programs of the page: their first line is a comment with the name of the file. */
const programs = new Map(
  blocks.flatMap(({ text }): [string, string][] => {
    const [, name] = /^\/\/ (\S+)\n/.exec(text) ?? [];
    return name === undefined ? [] : [[name, text]];
  }),
);
const SERVERS = ['fastify.mjs', 'express.mjs', 'hono.mjs', 'nest.ts', 'http.mjs'];

beforeAll(() => {
  if (!existsSync(join(root, 'packages/client/dist'))) {
    throw new Error('packages/client/dist/ is not built: run `npm run build`');
  }
});

it('has these programs, and runs each of them here', () => {
  const others = ['orders.test.mjs', 'verify-for-nginx.mjs'];
  expect([...programs.keys()].sort()).toEqual([...SERVERS, ...others].sort());
});

async function useFake(): Promise<FakeUserService> {
  const fake = await fakeUserService();
  onTestFinished(() => fake.stop());
  return fake;
}

/** Writes a program of the page beside the packages of this repository. */
async function writeProgram(name: string): Promise<string> {
  const folder = createWorkingDirectory();
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const text = programs.get(name) ?? '';
  const path = join(folder, name.replace(/\.ts$/, '.mjs'));
  writeFileSync(path, name.endsWith('.ts') ? await compile(text) : text);
  return path;
}

/** As Nest's own compiler does with decorators. */
async function compile(text: string): Promise<string> {
  const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
  const { code } = await transform(text, { loader: 'ts', format: 'esm', tsconfigRaw });
  return code;
}

/** Starts a server of the page and waits until it answers. */
async function startServer(name: string, fake: FakeUserService) {
  const { key } = await fake.createServiceAccount(['tokens:introspect']);
  const port = String(await findFreePort());
  const { PATH = '' } = process.env;
  const path = await writeProgram(name);
  const env = { PATH, ISSUER: fake.issuer, KEY: key, PORT: port };
  const child = await startProcess(process.execPath, [path], { env });
  onTestFinished(async () => void (await child.kill()));
  const get = async (target: string, token?: string) =>
    await fetch(`http://127.0.0.1:${port}${target}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  const answers = async () => {
    if (child.hasExited()) throw new Error(child.output());
    return await get('/health');
  };
  await eventually(answers, { timeoutMs: 60_000 });
  return { get };
}

describe.each(SERVERS)('%s of the page', (name) => {
  it('lets through whom the page says, and refuses others by the standards', async () => {
    const fake = await useFake();
    const { get } = await startServer(name, fake);
    const user = fake.addUser();
    const token = fake.tokenFor(user);
    const reader = fake.tokenForService(await fake.createServiceAccount(['users:read']));
    const writer = fake.tokenForService(await fake.createServiceAccount(['users:write']));

    expect((await get('/health')).status).toBe(200);
    const orders = await eventually(async () => {
      const response = await get('/orders', token);
      expect(response.status).toBe(200);
      return response;
    });
    const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(await orders.json()).toEqual({ buyer: user.id, session: sid });
    expect((await get('/report', reader)).status).toBe(200);

    for (const [target, credentials, status, code] of [
      ['/orders', undefined, 401, 'unauthenticated'],
      ['/orders', 'nonsense', 401, 'invalid_token'],
      ['/orders', fake.tokenFor(user, { expiresIn: -120 }), 401, 'invalid_token'],
      ['/orders', fake.tokenFor(user, { audience: 'billing' }), 401, 'invalid_token'],
      ['/orders', reader, 403, 'forbidden'],
      ['/report', token, 403, 'forbidden'],
      ['/report', writer, 403, 'forbidden'],
    ] as const) {
      const response = await get(target, credentials);
      expect(response.status, `${target} ${code}`).toBe(status);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(await response.json()).toMatchObject({ status, code });
    }

    fake.endSession(token);
    await eventually(async () => expect((await get('/orders', token)).status).toBe(401));
  });

  it('answers 503 while the user service was never reached, and works once it is', async () => {
    const fake = await useFake();
    fake.setAvailable(false);
    const { get } = await startServer(name, fake);
    const token = fake.tokenFor(fake.addUser());
    const refused = await get('/orders', token);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await get('/health')).status).toBe(200);
    fake.setAvailable(true);
    await eventually(async () => expect((await get('/orders', token)).status).toBe(200), {
      timeoutMs: 60_000,
    });
  });
});

it('the verifier for nginx answers with the user, without a body, or refuses', async () => {
  const fake = await useFake();
  const { get } = await startServer('verify-for-nginx.mjs', fake);
  const user = fake.addUser();
  const token = fake.tokenFor(user);
  const answer = await eventually(async () => {
    const response = await get('/', token);
    expect(response.status).toBe(204);
    return response;
  });
  expect(answer.headers.get('x-user-id')).toBe(user.id);
  expect((await get('/')).status).toBe(401);
});

it('the test of the page passes, and fails where the verifier is wrong', async () => {
  const path = await writeProgram('orders.test.mjs');
  const { PATH = '' } = process.env;
  const run = async (file: string) => {
    const child = await startProcess(process.execPath, ['--test', file], { env: { PATH } });
    onTestFinished(async () => void (await child.kill()));
    return { ...(await child.exited), output: child.output() };
  };
  const passed = await run(path);
  expect(passed.code, passed.output).toBe(0);
  const wrong = path.replace('orders.test', 'wrong.test');
  writeFileSync(wrong, readFileSync(path, 'utf8').replace('expiresIn: -120', 'expiresIn: 120'));
  expect((await run(wrong)).code).toBe(1);
});

it('has configuration of gateways in well-formed YAML', () => {
  const documents = blocks
    .filter(({ language }) => language === 'yaml')
    .map(({ text }) => parse(text));
  expect(documents).toMatchObject([
    {
      http_filters: [{ typed_config: { providers: { user_service: { audiences: ['orders'] } } } }],
    },
    { plugins: [{ config: { audience_required: ['orders'] } }] },
  ]);
});
