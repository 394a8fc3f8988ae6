import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Keeps connections from holding up the end of a server: Node.js waits for those that never sent a request, and stops
 * checking the others against their timeouts. Silent ones are closed at once; a request that is still under way
 * `requestTimeoutMs` after the closing began is over its time, and is cut off.
 */
export function closeConnectionsInTime(fastify: FastifyInstance, requestTimeoutMs: number): void {
  const silent = new Set<Socket>();
  let closing = false;
  fastify.server.on('connection', (socket: Socket) => {
    if (closing) {
      socket.destroy();
      return;
    }
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  fastify.server.on('request', ({ socket }) => silent.delete(socket));
  fastify.addHook('preClose', async () => {
    closing = true;
    for (const socket of silent) socket.destroy();
    const cut = setTimeout(() => fastify.server.closeAllConnections(), requestTimeoutMs);
    fastify.server.once('close', () => clearTimeout(cut));
    cut.unref();
  });
}
