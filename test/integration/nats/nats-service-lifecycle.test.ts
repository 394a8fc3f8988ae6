import { setTimeout as work } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endpoints, subjectOf } from '../../../src/interfaces/nats/endpoints.ts';
import { ADA_ID, adaText, SERVICE_KEY } from '../../http/support/fake-use-cases.ts';
import { createCertificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { createNatsClient, type NatsClient } from '../../support/nats-client.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { type Instance, startInstance, useNats } from './nats-service-setup.ts';

const getAda = { token: SERVICE_KEY, body: { id: ADA_ID } };

/** Waits until the service answers requests. */
async function waitUntilServing(client: NatsClient, timeoutMs = 10_000): Promise<void> {
  await eventually(
    async () =>
      expect(await client.call('users.v1.get', { ...getAda, timeoutMs: 500 })).toMatchObject({
        status: 200,
      }),
    { what: 'a response over NATS', timeoutMs },
  );
}

function countResponses({ lines }: Instance): number {
  return lines.filter(({ message }) => message === 'request').length;
}

/** Runs a number of concurrent callers, each of which sends one request after the other until `end`. */
function startLoad(client: NatsClient, callers: number) {
  let ended = false;
  const statuses: unknown[] = [];
  const caller = async (): Promise<void> => {
    while (!ended) {
      const status = await client.call('users.v1.get', { ...getAda, timeoutMs: 2_000 }).then(
        (response) => response.status,
        (error: unknown) => String(error),
      );
      statuses.push(status);
    }
  };
  const finished = Promise.all(Array.from({ length: callers }, caller));
  return {
    statuses,
    async end() {
      ended = true;
      await finished;
      return statuses;
    },
  };
}

describe('two instances in one queue group', () => {
  it.each([
    { what: 'many callers', callers: 64, requests: 500, delayMs: 0, workMs: 10 },
    { what: 'few callers and a slow network', callers: 4, requests: 10, delayMs: 20, workMs: 100 },
  ])('share the requests of $what, and lose none when instances stop in turn', async (load) => {
    const server = await useNats();
    const proxy = await startTcpProxy({ targetPort: server.port });
    onTestFinished(() => proxy.stop());
    proxy.delay(load.delayMs);
    const start = () =>
      startInstance(`nats://127.0.0.1:${proxy.port}`, {
        useCases: {
          users: {
            get: async () => {
              // Long enough that a request accepted at the last moment has no response yet when the connection closes.
              await work(load.workMs);
              return adaText;
            },
          },
        },
      });
    let [one, two] = [await start(), await start()];
    const client = await createNatsClient({ servers: server.url });
    await eventually(async () => {
      await client.call('users.v1.get', getAda);
      expect([countResponses(one) > 0, countResponses(two) > 0]).toEqual([true, true]);
    });
    const calls = startLoad(client, load.callers);
    onTestFinished(async () => void (await calls.end()));
    const waitForRequests = async (): Promise<void> => {
      const target = calls.statuses.length + load.requests;
      await eventually(() => expect(calls.statuses.length).toBeGreaterThan(target), {
        timeoutMs: 10_000,
      });
    };
    for (let round = 0; round < 4; round += 1) {
      await waitForRequests();
      const stopping = one;
      await stopping.stop();
      const atStop = countResponses(stopping);
      await waitForRequests();
      expect(countResponses(stopping)).toBe(atStop);
      const successor = await start();
      await eventually(() => expect(countResponses(successor)).toBeGreaterThan(0));
      [one, two] = [two, successor];
    }
    expect(new Set(await calls.end())).toEqual(new Set([200]));
  });

  it('answer the requests that they accepted before they stop', async () => {
    const server = await useNats();
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let working = 0;
    const instance = await startInstance(server.url, {
      useCases: {
        users: {
          get: async () => {
            working += 1;
            await opened;
            return adaText;
          },
        },
      },
    });
    const client = await createNatsClient({ servers: server.url });
    await eventually(() => client.call('users.v1.health'));
    const responses = Array.from({ length: 10 }, () => client.call('users.v1.get', getAda));
    await eventually(() => expect(working).toBe(10));
    const stopped = instance.stop();
    await eventually(async () => {
      await expect(client.call('users.v1.health')).rejects.toThrow(/no responders/);
    });
    open();
    await stopped;
    expect((await Promise.all(responses)).map(({ status }) => status)).toEqual(
      Array.from({ length: 10 }, () => 200),
    );
  });
});

describe('while NATS restarts', () => {
  it('the service answers again after each crash of the server, and stops quickly without one', async () => {
    const server = await useNats();
    const instance = await startInstance(server.url);
    const client = await createNatsClient({ servers: server.url });
    await waitUntilServing(client);
    for (let round = 0; round < 3; round += 1) {
      await server.kill();
      await server.start();
      await waitUntilServing(client);
    }
    await server.kill();
    await eventually(() => expect(instance.lines.at(-1)?.message).toBe('NATS is not reachable'));
    await instance.stop();
  });

  it('the service may start before the NATS server', async () => {
    const server = await useNats();
    await server.kill();
    const instance = await startInstance(server.url);
    await eventually(() =>
      expect(instance.lines.some(({ message }) => message === 'NATS is not reachable')).toBe(true),
    );
    await server.start();
    await waitUntilServing(await createNatsClient({ servers: server.url }));
  });

  it('a frozen NATS server delays a stop for a bounded time only', async () => {
    const server = await useNats();
    const instance = await startInstance(server.url);
    await waitUntilServing(await createNatsClient({ servers: server.url }));
    server.freeze();
    await instance.stop();
    server.thaw();
  });
});

const permissions = `authorization {
  users: [
    { user: service, password: s, permissions: {
      subscribe: ["users.v1.>", "tokens.v1.>", "$SRV.>", "_INBOX.>"]
      publish: ["users.health.>", "$SRV.>"]
      allow_responses: { max: 1, expires: "1m" } } }
    { user: caller, password: c, permissions: {
      subscribe: "_INBOX.>", publish: "users.v1.get" } }
    { user: asking, password: a }
    { user: half, password: h, permissions: {
      subscribe: ["$SRV.>", "users.v1.health"] } }
  ]
}`;

describe('NATS accounts and TLS', () => {
  it('serve with exactly the documented permissions, over verified TLS', async () => {
    const certificates = await createCertificates();
    const server = await useNats({ accounts: permissions, tls: certificates.server });
    const tls = { ca: certificates.ca.certificate };
    const url = `tls://localhost:${server.port}`;
    const instance = await startInstance(url, {
      connection: {
        user: 'service',
        password: 's',
        tls: true,
        tlsCa: certificates.ca.certificatePath,
      },
    });
    const client = await createNatsClient({ servers: url, user: 'caller', pass: 'c', tls });
    await waitUntilServing(client);
    await expect(
      client.connection.request('users.v1.get-by-email', '{}', { timeout: 500 }),
    ).rejects.toThrow();
    await instance.stop();
    const warnings = instance.lines.filter(({ level }) => level === 'warn' || level === 'error');
    expect(warnings).toEqual([]);
    await certificates.remove();
  });

  it('without the permission for some subjects log each of them, and serve the others', async () => {
    const server = await useNats({ accounts: permissions });
    const instance = await startInstance(server.url, {
      connection: { user: 'half', password: 'h' },
    });
    const refused = () =>
      instance.lines
        .filter(({ message }) => message.startsWith('the NATS account may not subscribe'))
        .map(({ fields }) => fields.subject);
    const others = endpoints.map(subjectOf).filter((subject) => subject !== 'users.v1.health');
    await eventually(() => expect(refused().toSorted()).toEqual(others.toSorted()), {
      timeoutMs: 10_000,
    });
    const client = await createNatsClient({ servers: server.url, user: 'asking', pass: 'a' });
    await eventually(async () => {
      const health = await client.connection.request('users.v1.health', '', { timeout: 500 });
      expect(health.json()).toMatchObject({ status: expect.any(String) });
    });
  });
});
