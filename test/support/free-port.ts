import { createServer } from 'node:net';

/**
 * Finds a free TCP port of the loopback address.
 *
 * Another process may take the port before the caller does, so a caller that starts a server must retry with another
 * port.
 */
export function findFreePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') {
          reject(new Error('the kernel assigned no port'));
        } else {
          resolve(address.port);
        }
      });
    });
  });
}
