import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type EventSource, httpEvents, jetStreamEvents } from '@user-service/client/events';
import { expect, onTestFinished } from 'vitest';
import { createApi, patientHashing } from '../support/api.ts';
import { type AppDatabase, useTestApp } from '../support/app.ts';
import { startNats } from '../support/nats-server.ts';

/** Deadline, not expectation: the machine may be busy. */
export const PATIENCE = { timeoutMs: 30_000, intervalMs: 50 };

export type Transport = 'http' | 'jetstream';

/** A running service, its operators' calls, and sources of its events. */
export type EventService = Awaited<ReturnType<typeof startEventService>>;

export async function startEventService(
  transport: Transport,
  {
    database = 'embedded',
    env = {},
  }: { readonly database?: AppDatabase; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const nats = transport === 'jetstream' ? await startNats({ jetstream: true }) : null;
  if (nats !== null) onTestFinished(() => nats.stop());
  const app = await useTestApp({
    database,
    env: {
      ...patientHashing,
      REGISTRATION_VERIFICATION_MAIL: 'false',
      ...(nats === null ? {} : { NATS_SERVERS: nats.url }),
      ...env,
    },
  });
  const { url } = await app.listen();
  const api = createApi(app);
  const scopes = ['users:admin', 'users:write', 'users:read', 'events:read'];
  const { key } = await api.createService(...scopes);
  const requests: string[] = [];
  const service = {
    url,
    key,
    /** Counts requests by path. */
    fetch: ((input, init) => {
      requests.push(new URL(String(input)).pathname);
      return fetch(input, init);
    }) as typeof fetch,
  };

  async function call(method: 'PATCH' | 'POST' | 'DELETE', path: string, body?: object) {
    const headers = {
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    };
    const sent = body === undefined ? { token: key } : { token: key, body, headers };
    const answer = await api.send(method, `/v1/users/${path}`, sent);
    expect(answer.statusCode, answer.body).toBeLessThan(300);
  }

  return {
    ...{ app, api, nats, service, requests, url, key },
    rename: (id: string, name: string) => call('PATCH', id, { last_name: name }),
    move: (id: string, email: string) => call('PATCH', id, { email }),
    disable: (id: string) => call('POST', `${id}/disable`, { reason: 'test' }),
    enable: (id: string) => call('POST', `${id}/enable`, { reason: 'test' }),
    remove: (id: string) => call('DELETE', id),
    /** A source of its own name, with a connection of its own. */
    async source(
      durable: string,
      options: Partial<
        Parameters<typeof httpEvents>[0] & Parameters<typeof jetStreamEvents>[0]
      > = {},
    ): Promise<EventSource> {
      if (nats === null) return httpEvents({ ...service, waitMs: 1_000, ...options });
      const connection = await connectTo(nats.url);
      return jetStreamEvents({ connection, durable, ...options });
    },
  };
}

/** A connection that closes after the test. */
export async function connectTo(url: string): Promise<NatsConnection> {
  const connection = await connect({ servers: url, maxReconnectAttempts: -1 });
  onTestFinished(() => connection.close());
  return connection;
}
