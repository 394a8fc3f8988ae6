import { setTimeout as work } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ADA_ID, ada, SERVICE_KEY } from '../../http/support/fake-use-cases.ts';
import { createCertificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { createNatsClient, type NatsClient } from '../../support/nats-client.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { type Instance, startInstance, useNats } from './nats-service-setup.ts';

const getAda = { token: SERVICE_KEY, body: { id: ADA_ID } };

/** Comes back once requests are answered. */
async function answering(client: NatsClient, timeoutMs = 10_000): Promise<void> {
  await eventually(
    async () =>
      expect(await client.call('users.v1.get', { ...getAda, timeoutMs: 500 })).toMatchObject({
        status: 200,
      }),
    { what: 'an answer over NATS', timeoutMs },
  );
}

function answered({ lines }: Instance): number {
  return lines.filter(({ message }) => message === 'request').length;
}

/** Calls from a bounded number of places at once, one call after the other in each, until told to end. */
function startLoad(client: NatsClient, places: number) {
  let ended = false;
  const statuses: unknown[] = [];
  const caller = async (): Promise<void> => {
    while (!ended) {
      const status = await client.call('users.v1.get', { ...getAda, timeoutMs: 2_000 }).then(
        (answer) => answer.status,
        (error: unknown) => String(error),
      );
      statuses.push(status);
    }
  };
  const finished = Promise.all(Array.from({ length: places }, caller));
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
    { what: 'many callers', places: 64, requests: 500, delayMs: 0, workMs: 10 },
    { what: 'few callers and a slow network', places: 4, requests: 10, delayMs: 20, workMs: 100 },
  ])('share the requests of $what, and lose none when one after the other stops', async (load) => {
    const server = await useNats();
    const proxy = await startTcpProxy({ targetPort: server.port });
    onTestFinished(() => proxy.stop());
    proxy.delay(load.delayMs);
    const start = () =>
      startInstance(`nats://127.0.0.1:${proxy.port}`, {
        useCases: {
          users: {
            get: async () => {
              // Long enough that a request taken at the last moment is unanswered when the connection closes.
              await work(load.workMs);
              return ada;
            },
          },
        },
      });
    let [one, two] = [await start(), await start()];
    const client = await createNatsClient({ servers: server.url });
    await eventually(async () => {
      await client.call('users.v1.get', getAda);
      expect([answered(one) > 0, answered(two) > 0]).toEqual([true, true]);
    });
    const calls = startLoad(client, load.places);
    onTestFinished(async () => void (await calls.end()));
    const more = async (): Promise<void> => {
      const target = calls.statuses.length + load.requests;
      await eventually(() => expect(calls.statuses.length).toBeGreaterThan(target), {
        timeoutMs: 10_000,
      });
    };
    for (let round = 0; round < 4; round += 1) {
      await more();
      const stopping = one;
      await stopping.stop();
      const atStop = answered(stopping);
      await more();
      expect(answered(stopping)).toBe(atStop);
      const successor = await start();
      await eventually(() => expect(answered(successor)).toBeGreaterThan(0));
      [one, two] = [two, successor];
    }
    expect(new Set(await calls.end())).toEqual(new Set([200]));
  });

  it('answer what they took before they stop', async () => {
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
            return ada;
          },
        },
      },
    });
    const client = await createNatsClient({ servers: server.url });
    await eventually(() => client.call('users.v1.health'));
    const answers = Array.from({ length: 10 }, () => client.call('users.v1.get', getAda));
    await eventually(() => expect(working).toBe(10));
    const stopped = instance.stop();
    await eventually(async () => {
      await expect(client.call('users.v1.health')).rejects.toThrow(/no responders/);
    });
    open();
    await stopped;
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(
      Array.from({ length: 10 }, () => 200),
    );
  });
});

describe('a server that comes and goes', () => {
  it('is answered again by itself after it was killed, and while it was away a stop is quick', async () => {
    const server = await useNats();
    const instance = await startInstance(server.url);
    const client = await createNatsClient({ servers: server.url });
    await answering(client);
    for (let round = 0; round < 3; round += 1) {
      await server.kill();
      await server.start();
      await answering(client);
    }
    await server.kill();
    await eventually(() => expect(instance.lines.at(-1)?.message).toBe('NATS is not reachable'));
    await instance.stop();
  });

  it('may come up after the service', async () => {
    const server = await useNats();
    await server.kill();
    const instance = await startInstance(server.url);
    await eventually(() =>
      expect(instance.lines.some(({ message }) => message === 'NATS is not reachable')).toBe(true),
    );
    await server.start();
    await answering(await createNatsClient({ servers: server.url }));
  });

  it('that is frozen holds up a stop for a bounded time only', async () => {
    const server = await useNats();
    const instance = await startInstance(server.url);
    await answering(await createNatsClient({ servers: server.url }));
    server.freeze();
    await instance.stop();
    server.thaw();
  });
});

const permissions = `authorization {
  users: [
    { user: service, password: s, permissions: {
      subscribe: ["users.v1.>", "$SRV.>", "_INBOX.>"]
      publish: ["users.health.>", "$SRV.>"]
      allow_responses: { max: 1, expires: "1m" } } }
    { user: caller, password: c, permissions: {
      subscribe: "_INBOX.>", publish: "users.v1.get" } }
    { user: half, password: h, permissions: {
      subscribe: ["$SRV.>", "users.v1.health"] } }
  ]
}`;

describe('accounts and TLS', () => {
  it('serve with the rights of the documentation and no more, over verified TLS', async () => {
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
    await answering(client);
    await expect(
      client.connection.request('users.v1.get-by-email', '{}', { timeout: 500 }),
    ).rejects.toThrow();
    await instance.stop();
    const faults = instance.lines.filter(({ level }) => level === 'warn' || level === 'error');
    expect(faults).toEqual([]);
    await certificates.remove();
  });

  it('without the right to a subject are a logged error, and the service tries again', async () => {
    const server = await useNats({ accounts: permissions });
    const instance = await startInstance(server.url, {
      connection: { user: 'half', password: 'h' },
    });
    const tries = () =>
      instance.lines.filter(({ message }) => message.startsWith('the NATS service lost'));
    await eventually(() => expect(tries().length).toBeGreaterThan(1), { timeoutMs: 10_000 });
    expect(tries()[0]).toMatchObject({
      level: 'error',
      fields: { pause_ms: 1_000, error: expect.any(Error) },
    });
  });
});
