import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { type RunningProcess, startProcess } from '../support/child-process.ts';
import { readStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { createNatsClient } from '../support/nats-client.ts';
import { startNats } from '../support/nats-server.ts';
import { lockedPackages, startNpmRegistry } from '../support/npm-registry.ts';
import { startRedis } from '../support/redis-server.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createWorkingDirectory, PASSWORD, register } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Installation {
  /** The program that npm linked. */
  readonly program: string;
  /** The folder of the package. */
  readonly path: string;
  /** What npm wrote. */
  readonly output: string;
}

it('installs without a warning, with the locked version of every package', async () => {
  const { path, output } = await installGlobally();
  expect(output).toMatch(/^added \d+ packages? in/m);
  expect(output).not.toMatch(/warn|deprecated|error/i);

  const locked = lockedPackages();
  const installed = installedPackages(path);
  expect(installed).toEqual(installed.map(([folder]) => [folder, locked.get(folder)?.version]));
  const names = installed.map(([folder]) => folder.slice('node_modules/'.length));
  expect(names).toEqual(expect.arrayContaining(['@electric-sql/pglite', '@node-rs/argon2']));

  // What the bundle contains was installed from the lock file too.
  const known = new Set([...locked].map(([folder, { version }]) => nameOf(folder) + version));
  const { components } = JSON.parse(readFileSync(join(path, 'dist', 'sbom.cdx.json'), 'utf8')) as {
    components: { name: string; version: string }[];
  };
  // A copy inside @fastify/swagger-ui, which no lock file names.
  const bundled = components.filter(({ name }) => name !== 'swagger-ui-dist');
  expect(bundled.filter(({ name, version }) => !known.has(name + version))).toEqual([]);
  expect(bundled.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['fastify', 'pg', 'ioredis', '@nats-io/nuid', 'pino-pretty']),
  );
  const notices = readFileSync(join(path, 'dist', 'third-party-notices.txt'), 'utf8');
  for (const { name, version } of components) expect(notices).toContain(`\n${name} ${version} (`);

  await serveFromAnEmptyFolder(path);
});

it('serves on PostgreSQL, Redis and NATS, with the tree that was installed', async () => {
  const { program } = await installGlobally();
  const { connectionOptions } = await createTestDatabase({ template: 'template0' });
  const [redis, nats] = await Promise.all([startRedis(), startNats({ jetstream: true })]);
  onTestFinished(async () => void (await Promise.all([redis.stop(), nats.stop()])));
  const service = await startProgram(program, {
    ...postgresEnvironment(connectionOptions),
    SECURITY_MASTER_KEY: createMasterKey(),
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    NATS_SERVERS: nats.url,
  });
  expect(service.ready).toMatchObject({ database: 'postgres', cache: 'redis', messaging: 'nats' });

  const { id } = await register(service.url, 'edda@example.com');
  const token = await signIn(service.url, 'edda@example.com');
  await eventually(async () => {
    const events = await readStream(nats.url);
    expect(events).toMatchObject([
      { event: { type: 'user.created', userId: id } },
      { event: { type: 'session.started', userId: id } },
    ]);
  });
  const authorization = { authorization: `Bearer ${token}` };
  // On a busy machine a slow answer of Redis is left out, so the cache may answer later than the second time.
  await eventually(async () => {
    const response = await fetch(`${service.url}/v1/users/${id}`, { headers: authorization });
    expect(await response.json()).toMatchObject({ id, email: 'edda@example.com', version: 1 });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/^user_service_cache_lookups_total\{result="hit"\} [1-9]/m);
  });
  const { call } = await createNatsClient({ servers: nats.url });
  expect((await call('users.v1.health')).body).toMatchObject({ status: 'ok' });
  expect((await service.process.stop()).code).toBe(0);
  expect(service.process.stderr()).toBe('');
});

/** Packs the repository and installs the package as users do, without the network. */
async function installGlobally(): Promise<Installation> {
  const directory = createWorkingDirectory();
  const env = { PATH: process.env.PATH, HOME: directory, npm_config_update_notifier: 'false' };
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const packed = await runNpm(pack, root, env);
  const [{ filename }] = JSON.parse(packed.stdout()) as [{ filename: string }];
  const prefix = join(directory, 'prefix');
  const options = ['--global', '--prefix', prefix, '--registry', await startNpmRegistry()];
  const install = ['install', ...options, '--no-audit', join(directory, filename)];
  const { output } = await runNpm(install, directory, env);
  const path = join(prefix, 'lib', 'node_modules', 'user-service');
  return { program: join(prefix, 'bin', 'user-service'), path, output: output() };
}

async function runNpm(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<RunningProcess> {
  const child = await startProcess('npm', args, { cwd, env });
  onTestFinished(async () => void (await child.kill()));
  const { code } = await child.exited;
  expect(code, child.output()).toBe(0);
  return child;
}

/** The packages below a package, by their path from it, with their versions. */
function installedPackages(path: string, below = ''): [folder: string, version: string][] {
  const modules = `${below}node_modules/`;
  if (!existsSync(join(path, modules))) return [];
  const folders = readdirSync(join(path, modules)).flatMap((name) =>
    name.startsWith('@')
      ? readdirSync(join(path, modules, name)).map((part) => `${modules}${name}/${part}`)
      : name.startsWith('.')
        ? []
        : [modules + name],
  );
  return folders.flatMap((folder) => {
    const text = readFileSync(join(path, folder, 'package.json'), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    return [[folder, version], ...installedPackages(path, `${folder}/`)];
  });
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

async function startProgram(program: string, env: Readonly<Record<string, string>> = {}) {
  const { PATH = '', HOME = '' } = process.env;
  const child = await startProcess(program, [], {
    cwd: createWorkingDirectory(),
    env: { PATH, HOME, SERVER_PORT: '0', SERVER_SHUTDOWN_DELAY: '0s', ...env },
  });
  onTestFinished(async () => void (await child.kill()));
  const line = await child.waitForLine(/"message":"ready"/, 60_000);
  const ready = JSON.parse(line) as { url: string };
  return { ready, url: ready.url, process: child };
}

async function serveFromAnEmptyFolder(path: string): Promise<void> {
  const program = join(path, '..', '..', '..', 'bin', 'user-service');
  const { url, process: service } = await startProgram(program);
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'ok' });
  const page = await (await fetch(`${url}/docs`)).text();
  const files = [...page.matchAll(/(?:href|src)="(docs\/[^"]+)"/g)].map(([, file]) => file);
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) expect((await fetch(`${url}/${file}`)).status, file).toBe(200);
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    info: { version: string };
  };
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(document.info.version).toBe(version);
  expect((await service.stop()).code).toBe(0);
}

async function signIn(url: string, email: string): Promise<string> {
  const response = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  expect(response.status).toBe(201);
  const { access_token } = (await response.json()) as { access_token: string };
  return access_token;
}
