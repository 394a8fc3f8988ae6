import { createServer } from 'node:net';

/**
 * A TCP port of the loopback address that nobody listened on a moment ago.
 *
 * The kernel may hand the same port to someone else before the caller takes it: whoever starts a
 * server on it must be ready to try another one.
 */
export function findFreePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') {
          reject(new Error('the kernel named no port'));
        } else {
          resolve(address.port);
        }
      });
    });
  });
}
