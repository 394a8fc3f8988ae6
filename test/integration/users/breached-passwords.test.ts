import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createApi, createPerson, patientHashing } from '../../support/api.ts';
import { APP_DATABASES, useTestApp } from '../../support/app.ts';

const breached = 'marble canoe forgets winter';
const [, prefix = '', suffix = ''] =
  /^(.{5})(.*)$/.exec(createHash('sha1').update(breached).digest('hex').toUpperCase()) ?? [];

/** A range API that knows one password and records every byte that it receives. */
async function useRangeApi(status = 200) {
  const wire: Buffer[] = [];
  const server = createServer((request, response) => {
    const known = request.url === `/range/${prefix}` ? `${suffix}:4\r\n` : '';
    response.writeHead(status).end(`${'0'.repeat(35)}:0\r\n${known}`);
  });
  server.on('connection', (socket) => {
    socket.on('data', (part: Buffer) => wire.push(part));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      ...patientHashing,
      PWNED_PASSWORDS_ENABLED: 'true',
      PWNED_PASSWORDS_URL: `http://127.0.0.1:${port}`,
    },
    sent: () => Buffer.concat(wire).toString('latin1'),
  };
}

/** The service loads it with its first look-up, whose second goes on meanwhile. */
beforeAll(async () => void (await import('undici')));

describe.each(APP_DATABASES)('passwords known from breaches on %s', (database) => {
  it('are rejected at registration and change, and only five hex digits of a hash are sent', async () => {
    const range = await useRangeApi();
    const api = createApi(await useTestApp({ database, env: range.env }));
    const refused = await api.send('POST', '/v1/users', {
      body: createPerson({ password: breached }),
    });
    expect(refused.statusCode).toBe(422);
    expect(refused.json().errors).toMatchObject([
      { pointer: '/password', code: 'password_breached' },
    ]);
    const account = await api.register();
    const { access_token: token } = await api.signIn(account);
    const change = await api.send('PUT', `/v1/users/${account.id}/password`, {
      token,
      body: { current_password: account.password, new_password: breached },
    });
    expect(change.json().errors).toMatchObject([
      { pointer: '/new_password', code: 'password_breached' },
    ]);
    await api.signIn(account);
    expect(range.sent().match(/GET \S+/g)).toHaveLength(3);
    expect(range.sent()).not.toMatch(/[0-9a-f]{35}/i);
    expect(range.sent()).not.toMatch(/horse|otter/);
  });

  it('are refused for a taken address as for a free one', async () => {
    const range = await useRangeApi();
    const api = createApi(await useTestApp({ database, env: range.env }));
    const { email } = await api.register();
    const ask = (address: string) =>
      api.send('POST', '/v1/users', { body: createPerson({ email: address, password: breached }) });
    const [taken, free] = [await ask(email), await ask('free@mail.example')];
    const { code, title, detail, errors } = free.json();
    expect(errors).toMatchObject([{ code: 'password_breached' }]);
    expect(taken.json()).toMatchObject({ status: 422, code, title, detail, errors });
  });

  it('are accepted while the API is down, except those on the local list', async () => {
    const range = await useRangeApi(500);
    const api = createApi(await useTestApp({ database, env: range.env }));
    await api.register({ password: breached });
    const common = await api.send('POST', '/v1/users', {
      body: createPerson({ password: 'password1' }),
    });
    expect(common.json().errors).toMatchObject([{ code: 'password_too_common' }]);
    for (let more = 0; more < 4; more += 1) await api.register();
    const { body: metrics } = await api.send('GET', '/metrics');
    expect(metrics).toContain('breached_password_lookups_total{result="unchecked"} 5');
    expect(metrics).toContain('breaker_open{breaker="pwned_passwords"} 1');
  });

  it('cannot be set while the API is down, when the check fails closed', async () => {
    const range = await useRangeApi(500);
    const env = { ...range.env, PWNED_PASSWORDS_FAIL_OPEN: 'false' };
    const api = createApi(await useTestApp({ database, env }));
    // Also once the breaker is open.
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const answer = await api.send('POST', '/v1/users', { body: createPerson() });
      expect([answer.statusCode, answer.json().code]).toEqual([503, 'unavailable']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    const common = await api.send('POST', '/v1/users', {
      body: createPerson({ password: 'password1' }),
    });
    expect(common.json().errors).toMatchObject([{ code: 'password_too_common' }]);
  });
});
