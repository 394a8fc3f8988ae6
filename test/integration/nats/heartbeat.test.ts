import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import type { HealthReport } from '../../../src/application/check-health.ts';
import { heartbeatSchema } from '../../../src/interfaces/nats/heartbeat.ts';
import { eventually } from '../../support/eventually.ts';
import { createNatsClient } from '../../support/nats-client.ts';
import { startInstance, useNats } from './nats-service-setup.ts';

const fits = new Ajv({ validateFormats: false }).compile(heartbeatSchema);

type Beat = { readonly instance_id: string; readonly status: string };

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

/** Every beat of every instance, from now on. */
async function listen(url: string): Promise<readonly Beat[]> {
  const client = await createNatsClient({ servers: url });
  const beats: Beat[] = [];
  client.connection.subscribe('users.health.*', {
    callback: (_error, message) => {
      const beat = message.json<Beat>();
      expect(fits(beat), JSON.stringify(fits.errors)).toBe(true);
      expect(message.subject).toBe(`users.health.${beat.instance_id}`);
      beats.push(beat);
    },
  });
  await client.connection.flush();
  return beats;
}

it('an instance tells its health at intervals, at each change, and when it stops', async () => {
  const server = await useNats();
  const beats = await listen(server.url);
  let cache: 'ok' | 'down' = 'ok';
  const instance = await startInstance(server.url, {
    useCases: { checkHealth: async () => report(cache) },
    settings: { beatIntervalMs: 3_600_000, beatPollMs: 20 },
  });
  const statuses = () => beats.map(({ status }) => status);
  await eventually(() => expect(statuses()).toEqual(['ok']));
  cache = 'down';
  await eventually(() => expect(statuses()).toEqual(['ok', 'degraded']));
  cache = 'ok';
  await eventually(() => expect(statuses()).toEqual(['ok', 'degraded', 'ok']));
  await instance.stop();
  await eventually(() => expect(statuses()).toEqual(['ok', 'degraded', 'ok', 'draining']));
  expect(new Set(beats.map((beat) => beat.instance_id))).toEqual(new Set([instance.instanceId]));
});

it('beats go on without a change, and again after the server was away', async () => {
  const server = await useNats();
  const beats = await listen(server.url);
  await startInstance(server.url, { settings: { beatIntervalMs: 50, beatPollMs: 20 } });
  await eventually(() => expect(beats.length).toBeGreaterThan(3));
  await server.restart();
  const before = beats.length;
  await eventually(() => expect(beats.length).toBeGreaterThan(before + 3));
});
