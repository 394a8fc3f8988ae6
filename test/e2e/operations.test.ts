import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { type RunningProcess, startProcess } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { fencedBlocks } from '../support/markdown.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { findServerBinary } from '../support/server-binaries.ts';
import { runProgram } from '../support/service-process.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';
import { LOCAL_WEBHOOKS, startReceiver } from '../support/webhook-receiver.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Blocks that no test can run say why in a comment above them. */
const NOT_RUN = /<!-- not run: (.+) -->\n\n(```[\s\S]*?^```$)/gm;
const pages = ['docs/run-it/runbook.md', 'docs/run-it/upgrade.md'].map((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const blocks = fencedBlocks(text.replace(NOT_RUN, ''))
    .filter(({ language }) => language === 'sh')
    .map((block, index) => ({ ...block, name: `${index + 1}: ${block.text.split('\n', 1)[0]}` }));
  return { path, text, blocks };
});

const directory = createTemporaryDirectory('operations');
const READY_TIMEOUT_MS = 60_000;
const ROLE = 'user_service';
const PASSWORD = 'a-password-of-this-test';

let postgres: PostgresServer;
let redis: RedisServer;
let nats: NatsServer;
let service: RunningProcess;
/** What the page asks its reader to set, and the configuration of the service. */
let env: Record<string, string> = {};

beforeAll(async () => {
  const monitoringPort = await findFreePort();
  [postgres, redis, nats] = await Promise.all([
    startPostgres(),
    startRedis(),
    startNats({ jetstream: true, accounts: `http: "127.0.0.1:${monitoringPort}"` }),
  ]);
  await postgres.query(`create role ${ROLE} login createdb password '${PASSWORD}'`);
  await postgres.query(`create database users owner ${ROLE}`);
  const connection = {
    ...postgres.connectionOptions,
    user: ROLE,
    password: PASSWORD,
    database: 'users',
  };
  env = {
    ...postgresEnvironment(connection),
    SECURITY_MASTER_KEY: createMasterKey(),
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    NATS_SERVERS: nats.url,
    PGHOST: connection.host,
    PGPORT: String(connection.port),
    PGUSER: ROLE,
    PGPASSWORD: PASSWORD,
    PGDATABASE: 'users',
    MONITOR: `http://127.0.0.1:${monitoringPort}`,
    REQUEST_ID: 'a-request-of-this-test',
    ...LOCAL_WEBHOOKS,
    PATH: pathOfServers(),
    HOME: process.env.HOME ?? '',
  };
  mkdirSync(join(directory.path, 'data'));
  service = await runProgram(['serve'], {
    cwd: directory.path,
    env: { ...env, SERVER_PORT: '0' },
  });
  const ready = await service.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
  env.URL = (JSON.parse(ready) as { url: string }).url;
  env.VERSION = (await shell('user-service migrate version')).stdout.trim();
  env.USER_ID = await register();
  env.KEY = await createServiceAccount('on-call');
});

afterAll(async () => {
  await service?.kill();
  await Promise.all([postgres?.stop('immediate'), redis?.stop(), nats?.stop()]);
  await directory.remove();
});

describe.each(pages)('$path', ({ text: page, blocks }) => {
  it('leaves few commands out of the tests, each with its reason', () => {
    const exceptions = [...page.matchAll(NOT_RUN)];
    expect(exceptions.length).toBeLessThanOrEqual(2);
    expect(page.match(/<!-- not run/g) ?? []).toHaveLength(exceptions.length);
  });

  it.each(blocks)('has a block that works: $name', async ({ text }) => {
    const sleeper = await setTheScene(text);
    const { code, output } = await shell(text);
    expect(code, output).toBe(0);
    await sleeper?.kill();
    await eventually(async () => {
      expect((await fetch(`${env.URL}/health/ready`)).status).toBe(200);
    });
  });
});

/** With a receiver that works until the end of the test. */
async function createWebhookEndpoint(): Promise<string> {
  const { url } = await startReceiver();
  const made = await shell(`user-service webhooks create ${url} --json`);
  return (JSON.parse(made.stdout) as { id: string }).id;
}

/** Makes what a block decides about: dead letters, a stuck connection, a service key. */
async function setTheScene(text: string): Promise<RunningProcess | null> {
  if (text.includes('$EVENT_ID')) env.EVENT_ID = await insertDeadEvent();
  if (text.includes('$DEAD_MAIL_ID')) env.DEAD_MAIL_ID = await insertDeadMail();
  if (text.includes('$ENDPOINT')) env.ENDPOINT = await createWebhookEndpoint();
  if (text.includes('$SERVICE_ACCOUNT_ID')) {
    const made = await shell(
      'user-service service-accounts create spare --scope users:read --json',
    );
    env.SERVICE_ACCOUNT_ID = (JSON.parse(made.stdout) as { id: string }).id;
  }
  if (text.includes('$KID')) {
    const { stdout } = await shell('user-service keys list --json');
    const keys = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    env.KID = keys.find(({ state }) => state === 'signing')?.kid;
  }
  if (!text.includes('$PID')) return null;
  const { PATH = '', PGPASSWORD = '' } = env;
  const connection = `host=${env.PGHOST} port=${env.PGPORT} user=${ROLE} dbname=users`;
  const sleeper = await startProcess('psql', [connection, '-c', 'select pg_sleep(60)'], {
    env: { PATH, PGPASSWORD },
  });
  await eventually(async () => {
    const [row] = await postgres.query(
      "select pid from pg_stat_activity where query = 'select pg_sleep(60)'",
    );
    expect(row).toBeDefined();
    env.PID = String(row?.pid);
  });
  return sleeper;
}

async function insertDeadEvent(): Promise<string> {
  const id = randomUUID();
  await postgres.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at, attempts, parked_at)
     values ('${id}', '${randomUUID()}', 1, 'user.deleted', '{}', 'test', now(), 10, now())`,
    'users',
  );
  return id;
}

async function insertDeadMail(): Promise<string> {
  const id = randomUUID();
  await postgres.query(
    `insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at, attempts, failed_at)
     values ('${id}', '${randomUUID()}', 'password_changed', 'a@example.com', 'x', 'x', now(), 100, now())`,
    'users',
  );
  return id;
}

async function register(): Promise<string> {
  const answer = await fetch(`${env.URL}/v1/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      first_name: 'Edda',
      last_name: 'Lund',
      email: 'edda@example.com',
      password: 'seven slow herons over the weir',
    }),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function createServiceAccount(name: string): Promise<string> {
  const made = await shell(
    `user-service service-accounts create ${name} --scope users:admin --json`,
  );
  return (JSON.parse(made.stdout) as { key: string }).key;
}

/** As its reader types it, with the program under its name. */
function shell(script: string) {
  const program = `user-service() { '${process.execPath}' '${join(root, 'bin/user-service.cjs')}' "$@"; }`;
  return run('bash', ['-c', `set -euo pipefail\n${program}\n${script}`]);
}

async function run(command: string, args: readonly string[]) {
  const child = await startProcess(command, args, { cwd: directory.path, env });
  const { code } = await child.exited;
  return { code, stdout: child.stdout(), output: child.output() };
}

/** With the clients that come with the servers in front. */
function pathOfServers(): string {
  const folders = ['psql', 'pg_dump', 'redis-cli'].map((name) => dirname(findServerBinary(name)));
  return [...new Set([...folders, process.env.PATH ?? ''])].join(delimiter);
}
