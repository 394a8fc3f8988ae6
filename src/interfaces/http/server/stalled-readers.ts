import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpDeps } from '../http-deps.ts';

/** A client is gone after this many checks at which it had taken no byte of a waiting response. */
const CHECKS_WITHOUT_PROGRESS = 10;

interface Progress {
  takenBytes: number;
  checks: number;
}

/**
 * Closes connections whose client takes no byte of its responses for `timeoutMs`. The timeout of a Node.js socket passes
 * once unnoticed while data waits, and starts again with each request, so it would take twice as long or longer. A client
 * that reads slowly is kept.
 */
export function closeStalledReaders(
  server: Server,
  timeoutMs: number,
  { logger, metrics }: Pick<HttpDeps, 'logger' | 'metrics'>,
): void {
  const connections = new Map<Socket, Progress>();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, { takenBytes: 0, checks: 0 });
    socket.once('close', () => connections.delete(socket));
  });

  function check(): void {
    let closed = 0;
    for (const [socket, progress] of connections) {
      if (!isStalled(socket, progress)) continue;
      closed += 1;
      metrics?.countClosedConnection('not_reading');
      socket.destroy();
    }
    // One line for a check, whatever their number.
    if (closed > 0) logger.info('closed connections that do not read', { connections: closed });
  }

  // The first check after a stall begins and the pause before it count too, and must fit into the timeout.
  const timer = setInterval(check, timeoutMs / (CHECKS_WITHOUT_PROGRESS + 2)).unref();
  server.once('close', () => clearInterval(timer));
}

function isStalled(socket: Socket, progress: Progress): boolean {
  if (socket.writableLength === 0) {
    progress.checks = 0;
    return false;
  }
  const takenBytes = takenByKernel(socket);
  progress.checks = takenBytes === progress.takenBytes ? progress.checks + 1 : 0;
  progress.takenBytes = takenBytes;
  return progress.checks >= CHECKS_WITHOUT_PROGRESS;
}

/**
 * How many bytes the kernel has taken. The properties of the stream count a write as a whole when it is complete; the
 * progress within a large one shows only in the handle.
 */
function takenByKernel(socket: Socket): number {
  const { _handle: handle } = socket as {
    _handle?: { bytesWritten?: number; writeQueueSize?: number } | null;
  };
  const { bytesWritten, writeQueueSize } = handle ?? {};
  return bytesWritten === undefined || writeQueueSize === undefined
    ? socket.bytesWritten - socket.writableLength
    : bytesWritten - writeQueueSize;
}
