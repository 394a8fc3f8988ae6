import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A TCP proxy whose network a test can break: passing bytes at first; held between `pause` and
 * `resume`; refusing between `refuse(true)` and `refuse(false)`; gone after `stop`.
 */
export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Open connections, counted on the client's side. */
  readonly connections: () => number;
  /** New connections since the start, refused ones left out. */
  readonly accepted: () => number;
  /** Holds all bytes in both directions, of new connections too; sockets stay open and silent. */
  readonly pause: () => void;
  /** Lets everything held go on, nothing lost. */
  readonly resume: () => void;
  /** Resets every open connection; new ones work. */
  readonly dropAll: () => void;
  /** Resets each new connection at once; open ones stay. */
  readonly refuse: (refusing: boolean) => void;
  /** Every chunk from now on waits so long, one after the other; 0 ends it. */
  readonly delay: (delayMs: number) => void;
  /**
   * Resets a connection as soon as `bytes` more from the server have reached their clients. With 0
   * the next answer is lost although its request was carried out. Counts over all connections, and
   * cuts one connection once.
   */
  readonly cutAfter: (bytes: number) => void;
  readonly stop: () => Promise<void>;
}

/** Where the proxy leads. */
export interface TcpProxyTarget {
  readonly targetHost?: string;
  readonly targetPort: number;
}

interface State {
  paused: boolean;
  refusing: boolean;
  delayMs: number;
  /** Bytes of answers that may still pass before a connection is cut; undefined: all. */
  budget: number | undefined;
  /** Each lets one held chunk go. */
  readonly held: Set<() => void>;
}

/** Starts a proxy on a free port of 127.0.0.1. It dies with this process. */
export async function startTcpProxy(target: TcpProxyTarget): Promise<TcpProxy> {
  const { targetHost = '127.0.0.1', targetPort } = target;
  const state: State = {
    paused: false,
    refusing: false,
    delayMs: 0,
    budget: undefined,
    held: new Set(),
  };
  const clients = new Set<Socket>();
  let accepted = 0;
  const release = (): void => {
    for (const proceed of state.held) proceed();
    state.held.clear();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (state.refusing) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    accepted += 1;
    clients.add(client);
    client.once('close', () => clients.delete(client));
    const upstream = connect({ host: targetHost, port: targetPort, allowHalfOpen: true });
    join(client, upstream, state);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  const dropAll = (): void => {
    for (const client of clients) client.resetAndDestroy();
  };
  return {
    host: '127.0.0.1',
    port: address.port,
    connections: () => clients.size,
    accepted: () => accepted,
    dropAll,
    pause: () => {
      state.paused = true;
    },
    resume: () => {
      state.paused = false;
      release();
    },
    refuse: (refusing) => {
      state.refusing = refusing;
    },
    delay: (delayMs) => {
      state.delayMs = delayMs;
    },
    cutAfter: (bytes) => {
      state.budget = bytes;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      dropAll();
      state.paused = false;
      release();
      await closed;
    },
  };
}

/** Passes bytes both ways until both sides have ended; a reset of one side resets the other. */
function join(client: Socket, upstream: Socket, state: State): void {
  for (const socket of [client, upstream]) {
    socket.setNoDelay(true);
    socket.on('error', () => {}); // the loops below see it, or have ended
  }
  const reset = (): void => {
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  };
  pump(client, upstream, state, 'request').catch(reset);
  pump(upstream, client, state, 'answer').catch(reset);
}

async function pump(
  from: Socket,
  to: Socket,
  state: State,
  direction: 'request' | 'answer',
): Promise<void> {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    if (state.delayMs > 0) await sleep(state.delayMs);
    await whilePaused(state);
    const { budget } = state;
    if (direction === 'request' || budget === undefined) {
      await write(to, chunk);
    } else if (chunk.length < budget) {
      state.budget = budget - chunk.length;
      await write(to, chunk);
    } else {
      state.budget = undefined;
      if (budget > 0) await write(to, chunk.subarray(0, budget));
      throw new Error('cut');
    }
  }
  await whilePaused(state);
  to.end();
}

async function whilePaused(state: State): Promise<void> {
  while (state.paused) await new Promise<void>((resolve) => state.held.add(resolve));
}

/** Rejects when the socket is gone. */
function write(to: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
