import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fakeUserService, type StartOptions, startUserService } from '@user-service/client/testing';
import { Pool } from 'pg';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { startProcess } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { createTestDatabase } from '../support/test-database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
/** What another service writes for sign-in and names, or for a copy of the users. */
const MOST_LINES = 12;

beforeAll(() => {
  if (!existsSync(join(root, 'packages/client/dist'))) {
    throw new Error('packages/client/dist/ is not built: run `npm run build`');
  }
});

async function useService(options: StartOptions = {}) {
  const service = await startUserService({
    program: join(root, 'bin/user-service.cjs'),
    ...options,
  });
  onTestFinished(() => service.stop());
  return service;
}

/** Starts an example as it stands, with the built client package, and waits for its line. */
async function runExample(path: string, env: Readonly<Record<string, string>>, ready: RegExp) {
  const { PATH = '' } = process.env;
  const program = join(root, 'examples', path);
  const child = await startProcess(process.execPath, [program], {
    cwd: root,
    env: { PATH, ...env },
  });
  onTestFinished(async () => void (await child.kill()));
  const line = await child.waitForLine(ready, READY_TIMEOUT_MS);
  return { child, url: /http:\S+/.exec(line)?.[0] ?? '' };
}

/** Lines with code, without imports. */
function linesOfCode(path: string): string[] {
  return readFileSync(join(root, 'examples', path), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('//') && !line.startsWith('import '));
}

describe('the orders service', () => {
  it('knows who calls, shows names, and refuses a session as soon as it has ended', async () => {
    const service = await useService();
    const { key } = await service.createServiceAccount(['tokens:introspect', 'users:read']);
    const env = { USERS_URL: service.url, USERS_KEY: key, PORT: '0' };
    const { url } = await runExample('orders-service/server.js', env, /^orders at /);
    const ada = await service.addUser({ first_name: 'Ada', last_name: 'Okafor' });
    const [token, other] = [await service.tokenFor(ada), await service.tokenFor(ada)];
    const call = (authorization: string | null, init: RequestInit = {}) =>
      fetch(`${url}/orders`, {
        ...init,
        headers: {
          'content-type': 'application/json',
          ...(authorization === null ? {} : { authorization }),
        },
      });
    // The verifier answers 503 until it has the keys and the revocations.
    await eventually(async () => expect((await call(`Bearer ${token}`)).status).toBe(200));

    const made = await call(`Bearer ${token}`, { method: 'POST', body: '{"what":"tea"}' });
    expect([made.status, await made.json()]).toEqual([201, { id: 1, buyer: ada.id, what: 'tea' }]);
    const orders = await (await call(`Bearer ${other}`)).json();
    expect(orders).toEqual([{ id: 1, buyer: ada.id, what: 'tea', name: 'Ada Okafor' }]);

    const refused = await call(null);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
    const ended = await fetch(`${service.url}/v1/sessions/current`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(ended.status).toBe(204);
    await eventually(async () => expect((await call(`Bearer ${token}`)).status).toBe(401));
    expect((await call(`Bearer ${other}`)).status).toBe(200);
  });

  it(`has at most ${MOST_LINES} lines for sign-in and names`, () => {
    const lines = linesOfCode('orders-service/server.js');
    const first = lines.findIndex((line) => line.startsWith('const orders'));
    expect(first).toBeGreaterThan(0);
    expect(lines.slice(0, first).length).toBeLessThanOrEqual(MOST_LINES);
  });
});

describe('the mirror', () => {
  it('fills a table, and follows changes, deletions and a restart', async () => {
    const service = await useService();
    const { key } = await service.createServiceAccount([
      'users:admin',
      'users:read',
      'events:read',
    ]);
    const users = await Promise.all([service.addUser(), service.addUser(), service.addUser()]);
    const { connectionOptions: database } = await createTestDatabase({ template: 'template0' });
    const pool = new Pool(database);
    pool.on('error', () => {});
    onTestFinished(() => pool.end());
    const emails = async () =>
      (await pool.query('select email from users order by email')).rows.map(({ email }) => email);
    const { user, password, host, port, database: name } = database;
    const secret = encodeURIComponent(password ?? '');
    const DATABASE_URL = `postgres://${user}:${secret}@${host}:${port}/${name}`;
    const env = { USERS_URL: service.url, USERS_KEY: key, DATABASE_URL };
    const { child } = await runExample('users-mirror/mirror.js', env, /all users/);
    expect(await emails()).toEqual(users.map(({ email }) => email).sort());

    const [first, second] = users;
    const remove = await fetch(`${service.url}/v1/users/${first?.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${key}` },
    });
    expect(remove.status, await remove.text()).toBe(204);
    await service.addUser({ email: 'zoe@example.com' });
    const expected = [second?.email, users[2]?.email, 'zoe@example.com'].sort();
    await eventually(async () => expect(await emails()).toEqual(expected), { timeoutMs: 30_000 });
    expect((await child.stop()).code, child.output()).toBe(0);

    await service.addUser({ email: 'yan@example.com' });
    await runExample('users-mirror/mirror.js', env, /all users/);
    await eventually(async () => expect(await emails()).toContain('yan@example.com'), {
      timeoutMs: 30_000,
    });
  });

  it('keeps a copy in memory without a database', async () => {
    const fake = await fakeUserService();
    onTestFinished(() => fake.stop());
    fake.addUser();
    const { key } = await fake.createServiceAccount();
    const env = { USERS_URL: fake.url, USERS_KEY: key };
    const { child } = await runExample('users-mirror/mirror.js', env, /all users/);
    expect((await child.stop()).code, child.output()).toBe(0);
  });

  it(`has at most ${MOST_LINES} lines`, () => {
    expect(linesOfCode('users-mirror/mirror.js').length).toBeLessThanOrEqual(MOST_LINES);
  });
});

it('the webhook receiver takes signed events once, and refuses others', async () => {
  const fake = await fakeUserService();
  onTestFinished(() => fake.stop());
  const port = await findFreePort();
  const { secret } = fake.addWebhookEndpoint(`http://127.0.0.1:${port}`);
  const env = { WEBHOOK_SECRET: secret, PORT: String(port) };
  const { child, url } = await runExample('webhook-receiver/server.js', env, /^webhooks at /);
  const user = fake.addUser();
  fake.emit({ type: 'user.updated', userId: user.id, data: { changed_fields: ['locale'] } });
  const deliveries = await fake.webhookDeliveries();
  expect(deliveries.map(({ status }) => status)).toEqual([204, 204]);
  await child.waitForLine(new RegExp(`^user.created ${user.id}$`));
  await child.waitForLine(new RegExp(`^user.updated ${user.id}$`));
  const forged = await fetch(url, {
    method: 'POST',
    headers: {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
      'webhook-signature': 'v1,AAAA',
    },
    body: JSON.stringify(deliveries[0]?.event),
  });
  expect(forged.status).toBe(400);
});

describe('the browser app', () => {
  const open = useBrowser();

  it('signs in and out, stays signed in after a reload, and shows its scripts no refresh token', async () => {
    const port = await findFreePort();
    const service = await useService({
      env: { SESSIONS_COOKIE_ENABLED: 'true', SERVER_CORS_ORIGINS: `http://127.0.0.1:${port}` },
    });
    const user = await service.addUser({ first_name: 'Ada', last_name: 'Okafor' });
    const env = { USERS_URL: service.url, PORT: String(port) };
    const { url } = await runExample('browser-app/server.js', env, /^page at /);
    const { page, context } = await open();
    await page.goto(url);
    await page.getByLabel('E-mail').fill(user.email);
    await page.getByLabel('Password').fill('seven slow herons');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'password' }).waitFor();
    await page.getByLabel('Password').fill(user.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Ada Okafor').waitFor();
    expect(await page.evaluate('document.cookie + JSON.stringify(localStorage)')).not.toContain(
      'urt_',
    );

    await page.reload();
    await page.getByText('Ada Okafor').waitFor();
    const second = await context.newPage();
    await second.goto(url);
    await second.getByText('Ada Okafor').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail').waitFor();
    await second.getByLabel('E-mail').waitFor();
    expect(await context.cookies()).toEqual([]);
  });
});
