import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { createTestDatabase } from '../support/test-database.ts';
import {
  createWorkingDirectory,
  type Env,
  listEmails,
  outcomeOf,
  PASSWORD,
  register,
  serve,
  start,
} from './support.ts';

/** A connection over which a test writes HTTP itself. */
interface RawConnection {
  readonly url: string;
  readonly socket: Socket;
  readonly received: () => string;
  readonly closed: () => boolean;
}

async function open(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let received = '';
  let closed = false;
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  socket
    .on('error', () => {})
    .once('close', () => {
      closed = true;
    });
  return { url, socket, received: () => received, closed: () => closed };
}

/** Sends the headers of a registration and half of its body. @returns a function that sends the rest */
async function beginRegistration(
  { socket, url }: RawConnection,
  email: string,
): Promise<() => void> {
  const person = { first_name: 'Late', last_name: 'Comer', email, password: PASSWORD };
  const body = JSON.stringify(person);
  const headers = [
    'POST /v1/users HTTP/1.1',
    'host: service',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const half = body.length / 2;
  socket.write(`${headers.join('\r\n')}\r\n\r\n${body.slice(0, half)}`);
  // When a later request has its response, the server has read the headers of this one.
  await fetch(`${url}/health/live`);
  return () => void socket.write(body.slice(half));
}

async function isRefused(url: string): Promise<boolean> {
  return await fetch(`${url}/health/live`).then(
    () => false,
    () => true,
  );
}

async function untilRefused(url: string): Promise<void> {
  await eventually(async () => expect(await isRefused(url)).toBe(true), { timeoutMs: 20_000 });
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('finishes the request in flight, accepts no new connection, and exits 0', async () => {
    const cwd = createWorkingDirectory();
    const { url, process } = await serve(cwd);
    const connection = await open(url);
    const finish = await beginRegistration(connection, 'late@example.com');
    process.signal(signal);
    await untilRefused(url);
    expect(process.hasExited()).toBe(false);
    finish();
    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(connection.received()).toMatch(/^HTTP\/1\.1 201 /);
    expect(connection.received()).toMatch(/^connection: close\r$/im);
    expect(process.output()).toContain('"message":"stopped"');
    expect(process.stderr()).toBe('');
    expect(existsSync(join(cwd, 'data', 'control.sock'))).toBe(false);

    const next = await serve(cwd);
    expect(await listEmails(next.url, cwd)).toEqual(['late@example.com']);
  });

  it('for a second time ends the process at once', async () => {
    const { url, process } = await serve(createWorkingDirectory());
    const connection = await open(url);
    await beginRegistration(connection, 'never@example.com');
    process.signal(signal);
    await untilRefused(url);
    process.signal(signal);
    const code = signal === 'SIGTERM' ? 143 : 130;
    expect(await process.exited).toEqual({ code, signal: null });
  });
});

describe('while the service stops', () => {
  it('reports that it is not ready before it refuses connections', async () => {
    const { url, process } = await serve(createWorkingDirectory(), { SERVER_SHUTDOWN_DELAY: '5s' });
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    process.signal('SIGTERM');
    const report = await eventually(
      async () => {
        const response = await fetch(`${url}/health/ready`);
        expect(response.status).toBe(503);
        return await response.json();
      },
      { timeoutMs: 4_000 },
    );
    expect(report).toEqual({ status: 'draining' });
    await register(url, 'during@example.com');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await process.exited).code).toBe(0);
  });

  it('responds to probes on the management port until the last request is done', async () => {
    const managementPort = await findFreePort();
    const { url, process } = await serve(createWorkingDirectory(), {
      SERVER_MANAGEMENT_PORT: String(managementPort),
    });
    const connection = await open(url);
    const finish = await beginRegistration(connection, 'watched@example.com');
    process.signal('SIGTERM');
    await untilRefused(url);
    const ready = await fetch(`http://127.0.0.1:${managementPort}/health/ready`);
    expect(ready.status).toBe(503);
    finish();
    expect((await process.exited).code).toBe(0);
    expect(connection.received()).toMatch(/^HTTP\/1\.1 201 /);
  });

  it('is not delayed by idle connections, used or unused', async () => {
    const cwd = createWorkingDirectory();
    const { url, process } = await serve(cwd, { SERVER_SHUTDOWN_TIMEOUT: '20s' });
    const silent = await open(url);
    const keptAlive = await open(url);
    keptAlive.socket.write('GET /health/live HTTP/1.1\r\nhost: service\r\n\r\n');
    await eventually(() => expect(keptAlive.received()).toMatch(/^HTTP\/1\.1 200 /));
    const operator = connect(join(cwd, 'data', 'control.sock'));
    onTestFinished(() => void operator.destroy());
    operator.on('error', () => {});
    await once(operator, 'connect');
    process.signal('SIGTERM');
    expect(await process.exited).toEqual({ code: 0, signal: null });
    await eventually(() => expect([silent.closed(), keptAlive.closed()]).toEqual([true, true]));
  });

  it('aborts a request after its timeout, and exits 0', async () => {
    const { url, process } = await serve(createWorkingDirectory(), {
      SERVER_REQUEST_TIMEOUT: '2s',
      SERVER_HEADERS_TIMEOUT: '2s',
    });
    const connection = await open(url);
    await beginRegistration(connection, 'stalled@example.com');
    process.signal('SIGTERM');
    expect(await process.exited).toEqual({ code: 0, signal: null });
  });

  it('exits 1 at the deadline', async () => {
    const { url, process } = await serve(createWorkingDirectory(), {
      SERVER_SHUTDOWN_TIMEOUT: '1s',
    });
    const connection = await open(url);
    await beginRegistration(connection, 'unfinished@example.com');
    process.signal('SIGTERM');
    const { code, output } = await outcomeOf(process);
    expect(code).toBe(1);
    expect(output).toContain('did not stop in time');
  });
});

describe('a signal before the service is ready', () => {
  it('stops it cleanly, and the next start works', async () => {
    const cwd = createWorkingDirectory();
    const process = await start(['serve'], cwd);
    await eventually(() => expect(existsSync(join(cwd, 'data', 'control.sock'))).toBe(true), {
      timeoutMs: 60_000,
      intervalMs: 5,
    });
    process.signal('SIGTERM');
    const { code, output } = await outcomeOf(process);
    expect(code).toBe(0);
    expect(output).not.toContain('"message":"ready"');
    expect(existsSync(join(cwd, 'data', 'control.sock'))).toBe(false);
    await serve(cwd);
  });

  it('stops it while the database does not respond', async () => {
    const { connectionOptions } = await createTestDatabase();
    const proxy = await startTcpProxy({ targetPort: connectionOptions.port });
    onTestFinished(() => proxy.stop());
    proxy.pause();
    const env: Env = {
      ...postgresEnvironment({ ...connectionOptions, port: proxy.port }),
      DATABASE_CONNECT_TIMEOUT: '5m',
      SERVER_SHUTDOWN_TIMEOUT: '1s',
      SECURITY_MASTER_KEY: createMasterKey(),
    };
    const process = await start(['serve'], createWorkingDirectory(), env);
    await eventually(() => expect(proxy.connections()).toBe(1), { timeoutMs: 60_000 });
    process.signal('SIGTERM');
    expect((await process.exited).signal).toBeNull();
  });
});
