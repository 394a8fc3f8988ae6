import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCertificates, type TestCertificates } from '../support/certificates.ts';
import { startProcess } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { waitUntilGone } from '../support/processes.ts';
import { runStatement } from '../support/superuser.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { createTestDatabase } from '../support/test-database.ts';

async function connected(options: ConstructorParameters<typeof Client>[0]): Promise<Client> {
  const client = new Client(options);
  client.on('error', () => {}); // these tests end connections
  await client.connect();
  return client;
}

/** Whether the promise settles within `ms`. */
async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  return await Promise.race([settled, late]).finally(() => clearTimeout(timer));
}

describe('createTestDatabase', () => {
  test('gives each caller a separate database on the shared server', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await runStatement(one.connectionOptions, 'create table mark (id int)');
    const found = "select to_regclass('mark')::text as name";
    expect(await runStatement(one.connectionOptions, found)).toEqual([{ name: 'mark' }]);
    expect(await runStatement(other.connectionOptions, found)).toEqual([{ name: null }]);
  });

  test('drops the database while a client is connected', async () => {
    const database = await createTestDatabase();
    const client = await connected(database.connectionOptions);
    await database.drop();
    await expect(client.query('select 1')).rejects.toThrow();
    await expect(connected(database.connectionOptions)).rejects.toThrow('does not exist');
  });
});

describe('startPostgres', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ durable: true });
    return () => server.stop();
  });

  test('requires the password', async () => {
    const wrong = { ...server.connectionOptions, password: 'not it' };
    await expect(connected(wrong)).rejects.toThrow('password authentication failed');
  });

  test('sends no response while frozen, and all responses after the thaw', async () => {
    const client = await connected(server.connectionOptions);
    server.freeze();
    const answer = client.query('select 1 as one');
    const newcomer = connected(server.connectionOptions);
    try {
      expect(await settlesWithin(Promise.race([answer, newcomer]), 300)).toBe(false);
    } finally {
      server.thaw();
    }
    expect((await answer).rows).toEqual([{ one: 1 }]);
    await (await newcomer).end();
    await client.end();
  });

  test('keeps committed rows and its port across a kill', async () => {
    const client = await connected(server.connectionOptions);
    await client.query('create table kept (id int)');
    await client.query('insert into kept values (1)');
    const asleep = client.query('select pg_sleep(60)');
    const ended = expect(asleep).rejects.toThrow();
    await server.kill();
    await ended;
    await expect(connected(server.connectionOptions)).rejects.toThrow('ECONNREFUSED');
    await server.start();
    expect(await runStatement(server.connectionOptions, 'select id from kept')).toEqual([
      { id: 1 },
    ]);
  });

  test('reload gives new connections the changed settings, restart keeps them', async () => {
    const shown = 'show log_min_duration_statement';
    await server.reload({ log_min_duration_statement: '7ms' });
    const expected = [{ log_min_duration_statement: '7ms' }];
    expect(await server.query(shown)).toEqual(expected);
    await server.restart();
    expect(await server.query(shown)).toEqual(expected);
  });

  test('steps the wall clock of a connection that is open already', async () => {
    const stepped = await startPostgres({ steppableClock: true });
    try {
      const client = await connected(stepped.connectionOptions);
      const offset = async (): Promise<number> => {
        const { rows } = await client.query('select clock_timestamp() as now');
        return Math.round((rows[0].now.getTime() - Date.now()) / 60_000);
      };
      expect(await offset()).toBeCloseTo(0);
      await stepped.stepClock(-3_600);
      expect(await offset()).toBe(-60);
      await stepped.stepClock(7_200);
      expect(await offset()).toBe(120);
      await client.end();
    } finally {
      await stepped.stop();
    }
  });

  test('refuses to step the clock of a server that was started without that option', async () => {
    await expect(server.stepClock(1)).rejects.toThrow('steppableClock');
  });

  test('ends and loses its files after its owner was killed', async () => {
    const owner = await startProcess(process.execPath, [
      ...['--import', 'tsx', '--input-type=module', '--eval'],
      `import { startPostgres } from './test/support/postgres-server.ts';
       const server = await startPostgres();
       server.freeze();
       console.log('server', server.pid(), server.socketDirectory);
       setInterval(() => {}, 1000);`,
    ]);
    const [, pid, directory = ''] = (await owner.waitForLine(/^server \d+ /, 20_000)).split(' ');
    expect(existsSync(directory)).toBe(true);
    owner.signal('SIGKILL');
    await waitUntilGone([Number(pid)], 15_000);
    await eventually(() => expect(existsSync(directory)).toBe(false));
  });
});

describe('startPgBouncer', () => {
  test('shares server connections between transactions', async () => {
    const { connectionOptions, drop } = await createTestDatabase();
    const pooler = await startPgBouncer({ postgres: connectionOptions });
    const clients = await Promise.all([1, 2, 3].map(() => connected(pooler.connectionOptions)));
    const backends = new Set<number>();
    for (const client of clients) {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      for (const { pid } of rows) backends.add(pid);
    }
    expect(backends.size).toBe(1);
    await Promise.all(clients.map((client) => client.end()));
    await pooler.stop();
    await drop();
  });

  test('rejects a start-up setting, as with its defaults', async () => {
    const { connectionOptions } = await createTestDatabase();
    const pooler = await startPgBouncer({ postgres: connectionOptions });
    const options = { ...pooler.connectionOptions, statement_timeout: 1_000 };
    await expect(connected(options)).rejects.toThrow('unsupported startup parameter');
    await pooler.stop();
  });
});

describe('createCertificates', () => {
  let certificates: TestCertificates;
  beforeAll(async () => {
    certificates = await createCertificates();
    return certificates.remove;
  });

  async function serve(name: 'server' | 'serverOfOtherHost' | 'serverOfOtherCa') {
    const server = await startPostgres({
      tls: { ...certificates[name], clientCa: certificates.ca.certificate },
      accessRules: [
        'local all all scram-sha-256',
        'hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full',
      ],
    });
    return server;
  }

  test('accepts the right server, with a client certificate', async () => {
    const server = await serve('server');
    const ssl = { ca: certificates.ca.certificate, servername: 'localhost' };
    await expect(connected({ ...server.connectionOptions, ssl })).rejects.toThrow('certificate');
    const { certificate: cert, privateKey: key } = certificates.client;
    const client = await connected({ ...server.connectionOptions, ssl: { ...ssl, cert, key } });
    await client.end();
    await server.stop();
  });

  test.each([
    ['serverOfOtherHost', 'does not match certificate'],
    ['serverOfOtherCa', 'unable to verify the first certificate'],
  ] as const)('rejects %s: %s', async (name, message) => {
    const server = await serve(name);
    const { certificate: cert, privateKey: key } = certificates.client;
    const ssl = { ca: certificates.ca.certificate, servername: 'localhost', cert, key };
    await expect(connected({ ...server.connectionOptions, ssl })).rejects.toThrow(message);
    await server.stop();
  });
});

describe('startTcpProxy', () => {
  let server: PostgresServer;
  let proxy: TcpProxy;
  beforeAll(async () => {
    server = await startPostgres();
    proxy = await startTcpProxy({ targetPort: server.connectionOptions.port });
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });
  const through = () => connected({ ...server.connectionOptions, port: proxy.port });

  test('holds bytes while paused, and loses none', async () => {
    const client = await through();
    proxy.pause();
    const answer = client.query('select 1 as one');
    expect(await settlesWithin(answer, 200)).toBe(false);
    proxy.resume();
    expect((await answer).rows).toEqual([{ one: 1 }]);
    await client.end();
    await eventually(() => expect(proxy.connections()).toBe(0));
  });

  test('drops open connections, on the server too', async () => {
    const client = await through();
    await client.query("set application_name = 'dropped'");
    proxy.dropAll();
    await expect(client.query('select 1')).rejects.toThrow();
    await eventually(async () => {
      const left = "select 1 from pg_stat_activity where application_name = 'dropped'";
      expect(await server.query(left)).toEqual([]);
    });
  });

  test('refuses new connections only', async () => {
    const client = await through();
    proxy.refuse(true);
    await expect(through()).rejects.toThrow();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    proxy.refuse(false);
    await (await through()).end();
    await client.end();
  });

  test('loses the response of a request that was executed', async () => {
    const client = await through();
    await client.query('create table written (id int)');
    proxy.cutAfter(0);
    await expect(client.query('insert into written values (1)')).rejects.toThrow();
    expect(await server.query('select id from written')).toEqual([{ id: 1 }]);
    await (await through()).end();
  });
});

describe('startProcess', () => {
  test('gives output, lines and exit code', async () => {
    const child = await startProcess('/bin/sh', ['-c', 'cat; echo problem >&2; exit 3'], {
      input: 'first\nsecond\n',
    });
    expect(await child.waitForLine(/^sec/)).toBe('second');
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect([child.stdout(), child.stderr()]).toEqual(['first\nsecond\n', 'problem\n']);
    await expect(child.waitForLine(/never/)).rejects.toThrow('problem');
  });

  test('stop ends a process that ignores SIGTERM, and its children', async () => {
    const child = await startProcess('/bin/sh', [
      '-c',
      'trap "" TERM; sleep 600 & echo child $!; wait; wait',
    ]);
    const grandchild = Number((await child.waitForLine(/^child/)).split(' ')[1]);
    expect(await child.stop(100)).toEqual({ code: null, signal: 'SIGKILL' });
    await waitUntilGone([grandchild]);
  });

  test('rejects for a missing program', async () => {
    await expect(startProcess('/nowhere/program')).rejects.toThrow('ENOENT');
  });
});

test('eventually names what was not reached, and why', async () => {
  const never = eventually(() => Promise.reject(new Error('too few')), {
    timeoutMs: 50,
    what: 'the third row',
  });
  await expect(never).rejects.toThrow(/the third row was not reached in 50 ms .*: too few/);
  const hanging = eventually(() => new Promise(() => {}), { timeoutMs: 50 });
  await expect(hanging).rejects.toThrow('was not reached');
});
