import { type AddressInfo, connect, type Socket } from 'node:net';
import { createTestServer, type TestServerOptions } from './test-server.ts';

/** Longer than every timeout that a test of the server sets. */
const RESPONSE_DEADLINE_MS = 20_000;

/** Starts a server with fake use cases on a free port. */
export async function listen(options: TestServerOptions = {}) {
  const { server, lines } = await createTestServer(options);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return { port, lines, server };
}

/** Sends bytes and returns all received bytes when the server closes the connection. */
export function talk(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(RESPONSE_DEADLINE_MS, () => socket.destroy(new Error('no response in time')));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

/** Connects, and reads nothing until the test reads. */
export async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** The status codes of a sequence of answers, in order. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
