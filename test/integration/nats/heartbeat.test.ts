import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import type { HealthReport } from '../../../src/application/check-health.ts';
import { heartbeatSchema } from '../../../src/interfaces/nats/heartbeat.ts';
import { eventually } from '../../support/eventually.ts';
import { createNatsClient } from '../../support/nats-client.ts';
import { startInstance, useNats } from './nats-service-setup.ts';

const fits = new Ajv({ validateFormats: false }).compile(heartbeatSchema);

type Heartbeat = { readonly instance_id: string; readonly status: string };

function report(cache: 'ok' | 'down'): HealthReport {
  const dependency = { status: 'ok', latencyMs: 0.1, driver: 'memory' } as const;
  return {
    status: cache === 'ok' ? 'ok' : 'degraded',
    checks: {
      database: dependency,
      cache: { ...dependency, status: cache },
      messaging: dependency,
    },
  };
}

/** Collects every heartbeat of every instance. */
async function listen(url: string): Promise<readonly Heartbeat[]> {
  const client = await createNatsClient({ servers: url });
  const heartbeats: Heartbeat[] = [];
  client.connection.subscribe('users.health.*', {
    callback: (_error, message) => {
      const heartbeat = message.json<Heartbeat>();
      expect(fits(heartbeat), JSON.stringify(fits.errors)).toBe(true);
      expect(message.subject).toBe(`users.health.${heartbeat.instance_id}`);
      heartbeats.push(heartbeat);
    },
  });
  await client.connection.flush();
  return heartbeats;
}

it('an instance publishes its health at each change and when it stops', async () => {
  const server = await useNats();
  const heartbeats = await listen(server.url);
  let cache: 'ok' | 'down' = 'ok';
  const instance = await startInstance(server.url, {
    useCases: { checkHealth: async () => report(cache) },
    settings: { heartbeatIntervalMs: 3_600_000, heartbeatPollMs: 20 },
  });
  const statuses = () => heartbeats.map(({ status }) => status);
  await eventually(() => expect(statuses()).toEqual(['ok']));
  cache = 'down';
  await eventually(() => expect(statuses()).toEqual(['ok', 'degraded']));
  cache = 'ok';
  await eventually(() => expect(statuses()).toEqual(['ok', 'degraded', 'ok']));
  await instance.stop();
  await eventually(() => expect(statuses()).toEqual(['ok', 'degraded', 'ok', 'draining']));
  expect(new Set(heartbeats.map((heartbeat) => heartbeat.instance_id))).toEqual(
    new Set([instance.instanceId]),
  );
});

it('heartbeats repeat without a change, and continue after a restart of the NATS server', async () => {
  const server = await useNats();
  const heartbeats = await listen(server.url);
  await startInstance(server.url, { settings: { heartbeatIntervalMs: 50, heartbeatPollMs: 20 } });
  await eventually(() => expect(heartbeats.length).toBeGreaterThan(3));
  await server.restart();
  const before = heartbeats.length;
  await eventually(() => expect(heartbeats.length).toBeGreaterThan(before + 3));
});
