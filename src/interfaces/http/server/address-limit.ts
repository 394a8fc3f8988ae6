import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { clientNetwork } from '../../../lib/client-network.ts';
import type { HttpDeps } from '../http-deps.ts';
import { createAddressList } from './address-list.ts';
import { plainAddress } from './forwarded-address.ts';

/** Time between two log lines about refused connections, in milliseconds. */
const LOG_INTERVAL_MS = 60_000;

interface Options extends Pick<HttpDeps, 'logger' | 'metrics'> {
  readonly maxConnectionsPerAddress: number;
  /** Networks (CIDR) without a limit: each of their addresses connects for many clients. */
  readonly trustedProxies: readonly string[];
}

/**
 * Closes connections on arrival while their client address has too many open. IPv6 addresses count by their /64: a
 * single client usually has all of it (RFC 4291 §2.5.4). Connections without an address, those of a Unix socket, have no
 * limit.
 */
export function limitConnectionsPerAddress(server: Server, options: Options): void {
  const { maxConnectionsPerAddress, metrics } = options;
  const proxies = createAddressList(options.trustedProxies);
  const log = createRefusalLog(options);
  /** At most one entry for each open connection. */
  const open = new Map<string, number>();

  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress);
    if (address === null || proxies.has(address)) return;
    const client = clientNetwork(address);
    const count = open.get(client) ?? 0;
    if (count >= maxConnectionsPerAddress) {
      socket.destroy();
      metrics?.countClosedConnection('address_limit');
      log.refused(address);
      return;
    }
    open.set(client, count + 1);
    socket.once('close', () => {
      const left = (open.get(client) ?? 1) - 1;
      if (left === 0) open.delete(client);
      else open.set(client, left);
    });
  });
  server.once('close', () => log.stop());
}

/** Logs the first refusal at once, and further ones as a number every minute. */
function createRefusalLog({ logger, maxConnectionsPerAddress }: Options) {
  let timer: NodeJS.Timeout | null = null;
  let refused = 0;

  function write(address: string): void {
    logger.warn('closed connections beyond the limit of their address', {
      connections: refused,
      limit: maxConnectionsPerAddress,
      client_ip: address,
    });
    refused = 0;
  }

  return {
    refused(address: string): void {
      refused += 1;
      if (timer !== null) return;
      write(address);
      timer = setTimeout(() => {
        timer = null;
        if (refused > 0) write(address);
      }, LOG_INTERVAL_MS).unref();
    },
    stop(): void {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
