import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Bounds how long open connections delay the close of the server. Node.js itself waits for connections that never sent
 * a request, and stops checking the timeouts of the others. Here, connections without a request close at once. After
 * `requestTimeoutMs` all others close too, because their requests have exceeded their time.
 */
export function drainConnectionsOnClose(fastify: FastifyInstance, requestTimeoutMs: number): void {
  const unused = new Set<Socket>();
  let closing = false;
  fastify.server.on('connection', (socket: Socket) => {
    if (closing) {
      socket.destroy();
      return;
    }
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  fastify.server.on('request', ({ socket }) => unused.delete(socket));
  fastify.addHook('preClose', async () => {
    closing = true;
    for (const socket of unused) socket.destroy();
    const cutOff = setTimeout(() => fastify.server.closeAllConnections(), requestTimeoutMs);
    fastify.server.once('close', () => clearTimeout(cutOff));
    cutOff.unref();
  });
}
