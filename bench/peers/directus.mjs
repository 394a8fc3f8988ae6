// A Directus, by its guide for self-hosting, with public registration and a role whose users read their own row.
// It runs in the folder of its packages.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { PORT, DATABASE_URL = '' } = process.env;
const url = `http://127.0.0.1:${PORT}`;
// Derived, so that the second start on the database has the same.
const secretOf = (purpose) =>
  createHash('sha256').update(`${purpose} ${DATABASE_URL}`).digest('hex');
const admin = { email: 'admin@example.com', password: secretOf('admin') };
Object.assign(process.env, {
  ...{ HOST: '127.0.0.1', PUBLIC_URL: url, SECRET: secretOf('tokens') },
  ...{ DB_CLIENT: 'pg', DB_CONNECTION_STRING: DATABASE_URL },
  ...{ ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password },
  ...{ LOG_LEVEL: 'error', TELEMETRY: 'false', WEBSOCKETS_ENABLED: 'false' },
  // One client sends the whole load.
  ...{ RATE_LIMITER_REGISTRATION_ENABLED: 'false', RATE_LIMITER_ENABLED: 'false' },
  ...{ MARKETPLACE_TRUST: 'none', SERVE_APP: 'false' },
});
const require = createRequire(import.meta.url);
const program = join(dirname(require.resolve('directus/package.json')), 'cli.js');
execFileSync(process.execPath, [program, 'bootstrap'], { stdio: ['ignore', 'ignore', 'inherit'] });
process.argv = [process.execPath, program, 'start'];
await import(program);
await untilReady();
await allowRegistration();
console.log('ready');

async function untilReady() {
  for (;;) {
    const isReady = await fetch(`${url}/server/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Once for a database. */
async function allowRegistration() {
  const { access_token: token } = await call('POST', '/auth/login', admin);
  const settings = await call('GET', '/settings', undefined, token);
  if (settings?.public_registration === true) return;
  const role = await call('POST', '/roles', { name: 'User' }, token);
  const policy = await call(
    'POST',
    '/policies',
    {
      name: 'Own user',
      roles: { create: [{ role: role.id, sort: 1 }], update: [], delete: [] },
      permissions: {
        create: [
          {
            ...{ collection: 'directus_users', action: 'read', policy: '+' },
            fields: ['id', 'first_name', 'last_name', 'email'],
            permissions: { id: { _eq: '$CURRENT_USER' } },
          },
        ],
        update: [],
        delete: [],
      },
    },
    token,
  );
  if (policy.id === undefined) throw new Error('the policy was not created');
  await call(
    'PATCH',
    '/settings',
    {
      public_registration: true,
      public_registration_role: role.id,
      public_registration_verify_email: false,
    },
    token,
  );
}

async function call(method, path, body, token) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? {} : JSON.parse(text).data;
}
