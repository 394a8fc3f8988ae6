import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProcess } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { fencedBlocks } from '../support/markdown.ts';
import { createWorkingDirectory, PASSWORD, register, run, serve } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/use-it/verify-tokens.md'), 'utf8');

interface Verifier {
  verify(token: string): Promise<{ readonly userId: string; readonly sessionId: string }>;
}

it('verifies tokens with the code of the page, and sees an ended session by introspection', async () => {
  const cwd = createWorkingDirectory();
  const port = await findFreePort();
  const { url } = await serve(cwd, {
    SERVER_PORT: String(port),
    SERVER_PUBLIC_URL: `http://127.0.0.1:${port}`,
  });
  const { id } = await register(url, 'edda@example.com');
  const tokens = await signIn(url);
  const { verify } = await codeOfThePage(cwd, url);

  expect(await verify(tokens.access_token)).toEqual({ userId: id, sessionId: tokens.session_id });
  const [head, payload, signature = ''] = tokens.access_token.split('.');
  const forged = `${head}.${payload}.${[...signature].reverse().join('')}`;
  await expect(verify(forged)).rejects.toThrow('signature');

  const key = await createServiceKey(cwd);
  expect(await introspect(url, key, tokens.access_token)).toMatchObject({ active: true, sub: id });
  const authorization = `Bearer ${tokens.access_token}`;
  const ended = await fetch(`${url}/v1/sessions/current`, {
    method: 'DELETE',
    headers: { authorization },
  });
  expect(ended.status).toBe(204);
  expect(await verify(tokens.access_token)).toMatchObject({ userId: id });
  expect(await introspect(url, key, tokens.access_token)).toEqual({ active: false });
});

it('shows how revocations are followed, as the listener of the tests does it', () => {
  const follower = blockWith('deliver_policy');
  const listener = readFileSync(join(root, 'test/support/revocation-listener.mjs'), 'utf8');
  const calls = /.*(?:get\(|_policy|_subjects|consume\(|subscribe\(|epoch).*/g;
  const lines = (follower.match(calls) ?? [])
    .map((line) => line.trim())
    .filter((line) => !line.includes('catch'));
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) expect(listener).toContain(line);
});

describe('the client', () => {
  /** The real service with a signed-in user, and the key of another service. */
  async function prepare() {
    const cwd = createWorkingDirectory();
    const port = await findFreePort();
    const settings = { SERVER_PORT: String(port), SERVER_PUBLIC_URL: `http://127.0.0.1:${port}` };
    const { url } = await serve(cwd, settings);
    const user = await register(url, 'edda@example.com');
    const key = await createServiceKey(cwd);
    symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'));
    return { cwd, url, user, key, tokens: await signIn(url) };
  }

  it('protects a service with the plugin of the page, and refuses an ended session at once', async () => {
    const { cwd, url, user, key, tokens } = await prepare();
    const path = join(cwd, 'orders.mjs');
    writeFileSync(path, blockWith('bearerAuth, {'));
    const port = await findFreePort();
    const { PATH = '' } = process.env;
    const orders = await startProcess(process.execPath, [path], {
      env: { PATH, ISSUER: url, KEY: key, PORT: String(port) },
    });
    onTestFinished(async () => void (await orders.kill()));
    const authorization = `Bearer ${tokens.access_token}`;
    const get = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/orders`, { headers });
    await eventually(async () => {
      const answer = await get({ authorization });
      expect(await answer.json()).toEqual({ orders: [], buyer: user.id });
    });
    expect((await get({})).status).toBe(401);
    await fetch(`${url}/v1/sessions/current`, { method: 'DELETE', headers: { authorization } });
    await eventually(async () => expect((await get({ authorization })).status).toBe(401));
  });

  it('verifies with the verifier of the page', async () => {
    const { cwd, url, user, key, tokens } = await prepare();
    const path = join(cwd, 'verifier.mjs');
    const settings = { ISSUER: url, KEY: key };
    const code = blockWith('createVerifier({').replace(
      /process\.env\.(ISSUER|KEY)/g,
      (_, name: keyof typeof settings) => JSON.stringify(settings[name]),
    );
    writeFileSync(path, code.replace('console.log(', 'void ('));
    const { userOf, close } = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as {
      readonly userOf: (authorization?: string) => Promise<string | undefined>;
      readonly close: () => Promise<void>;
    };
    onTestFinished(close);
    expect(await userOf(`Bearer ${tokens.access_token}`)).toBe(user.id);
    expect(await userOf(`Bearer ${tokens.access_token}x`)).toBeUndefined();
    expect(await userOf(undefined)).toBeUndefined();
  });
});

/** The only program of the page that has this text. */
function blockWith(text: string): string {
  const blocks = fencedBlocks(page).filter(
    (block) => block.language === 'js' && block.text.includes(text),
  );
  expect(blocks).toHaveLength(1);
  return blocks[0]?.text ?? '';
}

/** The page's code as a module of another service, with the address of this one. */
async function codeOfThePage(cwd: string, url: string): Promise<Verifier> {
  const block = blockWith('createRemoteJWKSet');
  symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'));
  const path = join(cwd, 'verify.mjs');
  writeFileSync(path, `const ISSUER = '${url}';\n${block}`);
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Verifier;
}

async function signIn(url: string): Promise<{ access_token: string; session_id: string }> {
  const response = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'edda@example.com', password: PASSWORD }),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as { access_token: string; session_id: string };
}

async function createServiceKey(cwd: string): Promise<string> {
  const scopes = ['--scope', 'tokens:introspect'];
  const made = await run(['service-accounts', 'create', 'shop', ...scopes, '--json'], cwd);
  expect(made.code, made.output).toBe(0);
  return (JSON.parse(made.stdout) as { key: string }).key;
}

async function introspect(url: string, key: string, token: string): Promise<unknown> {
  const response = await fetch(`${url}/v1/tokens/introspect`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token }).toString(),
  });
  expect(response.status).toBe(200);
  return await response.json();
}
