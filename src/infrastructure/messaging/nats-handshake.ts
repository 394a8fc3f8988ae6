import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { DependencyFailure } from '../../domain/dependency-failure.ts';
import { identifyPeer, PEER_NAMES, type PeerAddress } from '../system/identify-peer.ts';
import { natsFailure } from './nats-failure.ts';

/** What a client sends in its handshake. */
export interface NatsHandshake {
  readonly user?: string | undefined;
  readonly pass?: string | undefined;
  readonly token?: string | undefined;
  /** Credentials that sign a challenge are not tried: the handshake then ends before them. */
  readonly signs: boolean;
  /** Undefined without TLS. */
  readonly tls?: ConnectionOptions | undefined;
}

const STEP_MS = 1_000;
const MAX_LINE_BYTES = 64 * 1024;
/** How long a server that refuses a client certificate has to say so. */
const REFUSAL_MS = 200;
const DEFAULT_PORT = 4222;

/**
 * Goes through the handshake with one server step by step, to find out why a connection fails: the client library keeps
 * the server's refusal to itself when it comes before the first `PONG`, or during a reconnection.
 * @param server `host:port` or a URL.
 * @returns null when the handshake succeeds. It takes at most a few seconds and never rejects.
 */
export async function explainNatsHandshake(
  server: string,
  handshake: NatsHandshake,
): Promise<DependencyFailure | null> {
  const address = addressOf(server);
  let socket: Socket | undefined;
  try {
    socket = await open(connectTcp(address), 'connect');
    let lines = createLineReader(socket);
    const info = await readInfo(lines, address);
    const isPlain = info.tls_required !== true && handshake.tls === undefined;
    if (!isPlain) lines.release();
    if (info.tls_required === true && handshake.tls === undefined) {
      // The client library upgrades by itself, so only the certificate can be in the way.
      socket = await upgrade(socket, address, {});
    } else if (handshake.tls !== undefined) {
      if (info.tls_required !== true && info.tls_available !== true) {
        return new DependencyFailure(
          'tls',
          "the server does not support 'tls': set nats.tls to false",
        );
      }
      socket = await upgrade(socket, address, handshake.tls);
    }
    if (!isPlain) lines = createLineReader(socket);
    return await login(socket, lines, handshake);
  } catch (error) {
    return natsFailure(error);
  } finally {
    socket?.destroy();
  }
}

function addressOf(server: string): PeerAddress {
  const url = new URL(/^[a-z]+:\/\//i.test(server) ? server : `nats://${server}`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}

function open<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new DependencyFailure('timeout', `no ${event} within ${STEP_MS} ms`));
    }, STEP_MS);
    socket.once(event, () => {
      clearTimeout(limit);
      resolve(socket);
    });
    socket.on('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
  });
}

function upgrade(socket: Socket, { host }: PeerAddress, tls: ConnectionOptions): Promise<Socket> {
  const servername = isIP(host) === 0 ? { servername: host } : { host };
  return open(connectTls({ ...tls, ...servername, socket }), 'secureConnect');
}

/** A server that does not begin with INFO is another one. */
async function readInfo(
  lines: LineReader,
  address: PeerAddress,
): Promise<{ tls_required?: boolean; tls_available?: boolean }> {
  const line = await lines.next(STEP_MS);
  const [, text] = /^INFO (\{.*\})\s*$/.exec(line ?? '') ?? [];
  if (text !== undefined) return JSON.parse(text);
  if (line?.startsWith('-ERR')) throw new Error(line);
  const peer = await identifyPeer(address);
  const name = peer === null ? 'a server that closes the connection' : PEER_NAMES[peer.protocol];
  throw new DependencyFailure('protocol', `${name} answers at this address, not NATS`);
}

async function login(
  socket: Socket,
  lines: LineReader,
  { user, pass, token, signs }: NatsHandshake,
): Promise<DependencyFailure | null> {
  if (!signs) {
    const options = { verbose: false, pedantic: false, lang: 'node', version: '1', user, pass };
    socket.write(`CONNECT ${JSON.stringify({ ...options, auth_token: token })}\r\nPING\r\n`);
  }
  const line = await lines.next(signs ? REFUSAL_MS : STEP_MS);
  if (line?.startsWith('PONG') || (signs && line === null)) return null;
  if (line === null) return new DependencyFailure('timeout', 'no answer to CONNECT');
  if (line === '') return new DependencyFailure('unreachable', 'the server closed the connection');
  return natsFailure(new Error(line.trim()));
}

/** Reads lines of a socket until it is handed over. What came before the end or an error is read first. */
function createLineReader(socket: Socket) {
  let received = '';
  let end: { readonly error: Error | null } | null = null;
  let wake = (): void => {};
  const onData = (part: Buffer): void => {
    received += part.toString('latin1');
    wake();
  };
  const onEnd = (error: Error | null): void => {
    end ??= { error };
    wake();
  };
  socket.on('data', onData);
  socket.on('error', onEnd);
  socket.on('close', () => onEnd(null));

  function take(): string | null {
    const length = received.indexOf('\n') + 1;
    if (length === 0 && received.length <= MAX_LINE_BYTES && end === null) return null;
    if (length === 0 && end?.error) throw end.error;
    const line = length === 0 ? received : received.slice(0, length);
    received = received.slice(line.length);
    return line;
  }

  return {
    /** @returns null when no line came in time, and the rest, which may be empty, at the end of the connection. */
    async next(timeoutMs: number): Promise<string | null> {
      let isLate = false;
      const limit = setTimeout(() => {
        isLate = true;
        wake();
      }, timeoutMs);
      try {
        for (;;) {
          const line = take();
          if (line !== null || isLate) return line;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        clearTimeout(limit);
      }
    },
    /** Ends reading, so that TLS can read the socket. */
    release: () => void socket.off('data', onData),
  };
}

type LineReader = ReturnType<typeof createLineReader>;
