import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { createMasterKey } from '../support/app.ts';
import { createCertificates, type TestCertificates } from '../support/certificates.ts';
import { readEventMessage } from '../support/event-schemas.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { createNatsClient } from '../support/nats-client.ts';
import { startNats } from '../support/nats-server.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { startRedis } from '../support/redis-server.ts';
import { useSmtpServer } from '../support/smtp-server.ts';
import { createWorkingDirectory, PASSWORD, register, serve } from './support.ts';

const deploy = fileURLToPath(new URL('../../deploy', import.meta.url));
const read = (name: string): string => readFileSync(join(deploy, name), 'utf8');
/** Of every server; no secret outside of this test. */
const SERVER_PASSWORD = 'only-in-this-test';

describe('the production examples', () => {
  it('say the same as a file and as an environment', async () => {
    const certificates = await createCertificates();
    onTestFinished(() => certificates.remove());
    const { path, replaced } = mountSecrets(certificates.ca.certificate);
    writeFileSync(join(path, 'config.yaml'), replaced(read('production.yaml')));
    const file = await loadConfig({ env: {}, cwd: path });
    const env = await loadConfig({
      env: environmentOf(replaced(read('production.env'))),
      cwd: '/',
    });
    expect([file.warnings, env.warnings]).toEqual([[], []]);
    const shown = ({ config }: typeof file) =>
      JSON.stringify(config, (_key, value) =>
        typeof value?.reveal === 'function' ? value.reveal() : value,
      );
    expect(shown(file)).toBe(shown(env));
  });

  it('serve as they stand, over TLS and with the rights of the examples, but for addresses', async () => {
    const certificates = await createCertificates();
    onTestFinished(() => certificates.remove());
    const { path, replaced } = mountSecrets(certificates.ca.certificate);
    writeFileSync(join(path, 'config.yaml'), replaced(read('production.yaml')));
    const servers = await startServers(certificates, path);
    const managementPort = await findFreePort();
    const { url, ready } = await serve(path, {
      ...servers.addresses,
      SERVER_HOST: '127.0.0.1',
      SERVER_MANAGEMENT_PORT: String(managementPort),
      SERVER_SHUTDOWN_DELAY: '0s',
      NATS_REPLICAS: '1',
    });
    expect(ready).toMatchObject({
      database: 'postgres',
      cache: 'redis',
      messaging: 'nats',
      mail: 'smtp',
    });
    await eventually(async () => {
      const health = await fetch(`http://127.0.0.1:${managementPort}/health`);
      expect(await health.json()).toMatchObject({ status: 'ok' });
    });

    const { connection } = await createNatsClient({
      servers: servers.natsUrl,
      user: 'consumer',
      pass: SERVER_PASSWORD,
      inboxPrefix: '_INBOX_consumer',
      tls: { ca: certificates.ca.certificate },
    });
    const events = connection.subscribe('users.events.>');
    await connection.flush();
    const { id } = await register(url, 'edda@example.com');
    await changePassword(url, id);
    const types: string[] = [];
    for await (const { subject, headers, data } of events) {
      const names = headers?.keys() ?? [];
      const message = {
        subject,
        headers: new Map(names.map((name) => [name, headers?.get(name) ?? ''])),
        data: Buffer.from(data).toString('utf8'),
      };
      types.push(readEventMessage(message).event.type);
      if (types.length === 3) break;
    }
    expect(types).toEqual(['user.created', 'session.started', 'user.password_changed']);
    // The mail that verifies the address, and the one about the changed password.
    const mail = { secure: true, user: 'user-service' };
    await eventually(() => expect(servers.mails()).toMatchObject([mail, mail]));
    const metrics = await (await fetch(`http://127.0.0.1:${managementPort}/metrics`)).text();
    expect(metrics).toMatch(/^user_service_cache_lookups_total\{result="miss"\} [1-9]/m);
    expect(metrics).toMatch(/^user_service_cache_errors_total 0$/m);
  });
});

/** The files that the examples name, in a folder in place of /run/secrets. */
function mountSecrets(ca: string) {
  const path = createWorkingDirectory();
  const names = ['database_password', 'redis_password', 'nats_password', 'smtp_password'];
  for (const name of names) {
    writeFileSync(join(path, name), SERVER_PASSWORD, { mode: 0o600 });
  }
  writeFileSync(join(path, 'master_key'), createMasterKey(), { mode: 0o600 });
  writeFileSync(join(path, 'internal_ca.pem'), ca);
  return { path, replaced: (text: string) => text.replaceAll('/run/secrets', path) };
}

function environmentOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

async function startServers({ server: certificate, ca }: TestCertificates, path: string) {
  const postgres = await startPostgres({ tls: certificate });
  onTestFinished(() => postgres.stop('immediate'));
  await postgres.query(`create role user_service login password '${SERVER_PASSWORD}'`);
  await postgres.query('create database users owner user_service');

  const acl = join(path, 'users.acl');
  writeFileSync(acl, read('redis-users.acl').replace('>change-me', `>${SERVER_PASSWORD}`));
  const redis = await startRedis({
    tls: { ...certificate, caPath: ca.certificatePath },
    settings: [['aclfile', acl]],
  });
  onTestFinished(() => redis.stop());

  const nats = await startNats({
    jetstream: true,
    tls: certificate,
    accounts: read('nats-users.conf').replaceAll(/\$\w+_PASSWORD/g, `"${SERVER_PASSWORD}"`),
  });
  onTestFinished(() => nats.stop());
  const smtp = await useSmtpServer({ certificate, password: SERVER_PASSWORD });
  return {
    natsUrl: nats.url,
    mails: () => smtp.received(),
    addresses: {
      DATABASE_HOST: '127.0.0.1',
      DATABASE_PORT: String(postgres.connectionOptions.port),
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(redis.port),
      NATS_SERVERS: `127.0.0.1:${nats.port}`,
      MAIL_SMTP_HOST: '127.0.0.1',
      MAIL_SMTP_PORT: String(smtp.port),
    },
  };
}

async function changePassword(url: string, id: string): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const signIn = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ email: 'edda@example.com', password: PASSWORD }),
  });
  const { access_token } = (await signIn.json()) as { access_token: string };
  const authorization = `Bearer ${access_token}`;
  expect((await fetch(`${url}/v1/me`, { headers: { authorization } })).status).toBe(200);
  const changed = await fetch(`${url}/v1/users/${id}/password`, {
    method: 'PUT',
    headers: { ...json, authorization, 'if-match': '*' },
    body: JSON.stringify({ current_password: PASSWORD, new_password: `${PASSWORD} at dusk` }),
  });
  expect(changed.status).toBe(200);
}
