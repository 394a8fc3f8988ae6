import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A TCP proxy that lets a test break the network. States: passing bytes at first; paused between `pause` and `resume`;
 * refusing between `refuse(true)` and `refuse(false)`; closed after `stop`.
 */
export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Open connections, counted on the client's side. */
  readonly connections: () => number;
  /** Number of accepted connections since the start, without refused ones. */
  readonly accepted: () => number;
  /** Round trips that clients began: chunks of requests at the start or after a response, over all connections. */
  readonly roundTrips: () => number;
  /** Holds all bytes in both directions, also of new connections. Sockets stay open. */
  readonly pause: () => void;
  /** Forwards all held bytes. */
  readonly resume: () => void;
  /** Resets every open connection. New ones work. */
  readonly dropAll: () => void;
  /** Resets each new connection. Open ones stay. */
  readonly refuse: (refusing: boolean) => void;
  /** Connects new clients to another port. Open connections stay. */
  readonly retarget: (port: number) => void;
  /** Delays every chunk from now on, one after the other; 0 stops that. */
  readonly delay: (delayMs: number) => void;
  /**
   * Resets a connection as soon as `bytes` more from the server have reached the clients. With 0 the next response is
   * lost, but its request is executed. Counts over all connections, and resets one connection once.
   */
  readonly cutAfter: (bytes: number) => void;
  readonly stop: () => Promise<void>;
}

export interface TcpProxyTarget {
  readonly targetHost?: string;
  readonly targetPort: number;
}

interface State {
  paused: boolean;
  refusing: boolean;
  delayMs: number;
  /** Bytes of responses that may pass before a connection is cut; undefined for all. */
  budget: number | undefined;
  roundTrips: number;
  /** Each function releases one held chunk. */
  readonly held: Set<() => void>;
}

/** Starts a proxy on a free port of 127.0.0.1, in this process. */
export async function startTcpProxy(target: TcpProxyTarget): Promise<TcpProxy> {
  const { targetHost = '127.0.0.1' } = target;
  let { targetPort } = target;
  const state: State = {
    paused: false,
    refusing: false,
    delayMs: 0,
    budget: undefined,
    roundTrips: 0,
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
    roundTrips: () => state.roundTrips,
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
    retarget: (port) => {
      targetPort = port;
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

/** Forwards bytes both ways until both sides have ended. A reset of one side resets the other. */
function join(client: Socket, upstream: Socket, state: State): void {
  for (const socket of [client, upstream]) {
    socket.setNoDelay(true);
    socket.on('error', () => {}); // the loops below report it, or have ended
  }
  const reset = (): void => {
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  };
  let isAsking = false;
  pump(client, upstream, state, 'request', () => {
    if (!isAsking) state.roundTrips += 1;
    isAsking = true;
  }).catch(reset);
  pump(upstream, client, state, 'response', () => {
    isAsking = false;
  }).catch(reset);
}

async function pump(
  from: Socket,
  to: Socket,
  state: State,
  direction: 'request' | 'response',
  onChunk: () => void,
): Promise<void> {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    onChunk();
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

/** Rejects when the socket is closed. */
function write(to: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
