import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import {
  cheapHashing,
  createSession,
  type Reply,
  register,
  type Service,
  startRealService,
} from '../support.ts';

/** Longer than a commit is waited for twice; `npm run test:faults` keeps the standby away for a minute. */
const AWAY_MS = Number(process.env.FAULTS_STANDBY_AWAY_MS ?? '16000');
const INSTANCES = 2;
const MAX_OPEN_CONNS = 10;
const WRITERS = 12;
const BLOCKED = /PostgreSQL does not confirm commits; changes are rejected until it does/;
const CONFIRMED = /PostgreSQL confirms commits again; changes are accepted/;

test(
  'a lost synchronous standby takes no more connections than the pools have, and no reads',
  async () => {
    const server = await startPostgres({
      settings: { synchronous_commit: 'on', max_connections: 60 },
    });
    onTestFinished(() => server.stop('immediate'));
    const env = {
      ...postgresEnvironment(await server.createDatabase('users')),
      // The default.
      DATABASE_CONNECT_TIMEOUT: '2s',
      SECURITY_MASTER_KEY: createMasterKey(),
      DATABASE_MAX_OPEN_CONNS: String(MAX_OPEN_CONNS),
      ...cheapHashing,
    };
    const services = await Promise.all(
      Array.from({ length: INSTANCES }, () => startRealService(env)),
    );
    const first = services[0] as Service;
    const { token } = await createSession(first, 'reader@example.com');
    const acknowledged: string[] = [];
    const changes: Reply[] = [];
    const reads: number[] = [];
    let running = true;
    const write = async (service: Service, name: string): Promise<void> => {
      for (let turn = 0; running; turn += 1) {
        const reply = await register(service, `${name}-${turn}@example.com`);
        changes.push(reply);
        if (reply.status === 201) acknowledged.push(String(reply.body.id));
        else await delay(100);
      }
    };
    const read = async (service: Service): Promise<void> => {
      while (running) {
        reads.push((await service.call('GET', '/v1/me', { token })).status);
        await delay(20);
      }
    };
    const backends: number[] = [];
    const count = async (): Promise<void> => {
      while (running) {
        const [row] = await server.query(
          "select count(*)::integer as n from pg_stat_activity where application_name = 'user-service'",
        );
        backends.push(Number(row?.n));
        await delay(200);
      }
    };
    await server.query("alter system set synchronous_standby_names = 'away'");
    await server.query('select pg_reload_conf()');
    const load = Promise.all([
      count(),
      ...services.flatMap((service, index) => [
        read(service),
        ...Array.from({ length: WRITERS }, (_, writer) => write(service, `w${index}-${writer}`)),
      ]),
    ]);
    for (const service of services) await service.process.waitForLine(BLOCKED, 30_000);
    const health = await first.call('GET', '/health');
    expect(health.status).toBe(200);
    expect(health.body).toMatchObject({ status: 'degraded' });
    expect(health.body.checks).toMatchObject({ database: { reason: 'commits_unconfirmed' } });
    await delay(AWAY_MS);

    await server.query("alter system set synchronous_standby_names = ''");
    await server.query('select pg_reload_conf()');
    for (const service of services) await service.process.waitForLine(CONFIRMED, 30_000);
    const before = acknowledged.length;
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(before), {
      timeoutMs: 20_000,
    });
    running = false;
    await load;

    process.stdout.write(
      `backends: at most ${Math.max(...backends)}; reads ${reads.length}; changes ${changes.length}, acknowledged ${acknowledged.length}\n`,
    );
    expect(Math.max(...backends)).toBeLessThanOrEqual(INSTANCES * MAX_OPEN_CONNS);
    expect(reads.filter((status) => status !== 200)).toEqual([]);
    const rejected = changes.filter(({ status }) => status !== 201);
    expect(new Set(rejected.map(({ status }) => status))).toEqual(new Set([503]));
    expect(rejected.map(({ body }) => String(body.detail)).join('\n')).toMatch(
      /PostgreSQL does not confirm changes at the moment/,
    );
    for (const id of acknowledged.slice(-50)) {
      const [row] = await server.query(`select version from users where id = '${id}'`, 'users');
      expect(row).toBeDefined();
    }
  },
  120_000 + AWAY_MS,
);
