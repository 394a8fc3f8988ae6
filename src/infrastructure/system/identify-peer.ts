import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What answers at an address. `silent`: it accepted the connection and said nothing that is known here. */
export type PeerProtocol = 'redis' | 'nats' | 'http' | 'postgresql' | 'smtp' | 'tls' | 'silent';

export interface Peer {
  readonly protocol: PeerProtocol;
  /** The first line that it sent, at most 200 characters; empty where it sent none. */
  readonly line: string;
}

export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

/** Longest of each of at most three short connections. */
const STEP_MS = 500;
/** How long a server that speaks first has before it is spoken to. */
const GREETING_MS = 150;
const MAX_BYTES = 4_096;
const MAX_LINE_LENGTH = 200;
/** `SSLRequest` (PostgreSQL documentation, Message Formats): answered by one byte, S or N. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

const BY_FIRST_LINE: readonly (readonly [RegExp, PeerProtocol])[] = [
  [/^INFO \{/, 'nats'],
  [/^-ERR '/, 'nats'],
  [/^[45]\d\d[ -]|^220[ -]/, 'smtp'],
  [/^HTTP\/|^<(?:!doctype|html)/i, 'http'],
  [/^\+PONG|^-(?:NOAUTH|NOPERM|DENIED|LOADING|MASTERDOWN|ERR|MISCONF)\b/, 'redis'],
];

/**
 * Finds out which protocol the server at an address speaks, for the log line about a connection that failed. It sends
 * `PING`, then a TLS handshake, then PostgreSQL's `SSLRequest`, each on a connection of its own, and no credentials.
 * @returns null when no connection is accepted. It takes at most 1.5 s and never rejects.
 */
export async function identifyPeer(address: PeerAddress): Promise<Peer | null> {
  const said = await exchange(address, Buffer.from('PING\r\n'), GREETING_MS);
  if (said === null) return null;
  const line = firstLine(said);
  const known = BY_FIRST_LINE.find(([pattern]) => pattern.test(line));
  if (known !== undefined) return { protocol: known[1], line };
  // 0x15: a TLS alert in answer to plain text.
  if (said[0] === 0x15 || (await acceptsTls(address))) return { protocol: 'tls', line: '' };
  const answer = await exchange(address, SSL_REQUEST, 0);
  if (answer?.length === 1 && /[SN]/.test(answer.toString('latin1'))) {
    return { protocol: 'postgresql', line: '' };
  }
  return { protocol: 'silent', line };
}

/** A peer in words, for `an HTTP server answers there`. */
export const PEER_NAMES: Readonly<Record<PeerProtocol, string>> = {
  redis: 'a Redis server',
  nats: 'a NATS server',
  http: 'an HTTP server',
  postgresql: 'a PostgreSQL server',
  smtp: 'a mail server',
  tls: 'a server that expects TLS',
  silent: 'a server that sends nothing known',
};

/**
 * Sends the bytes once the server has had `greetingMs` to speak first, and gives what came until the first whole line,
 * the end of the connection, or the time limit. @returns null without a connection.
 */
function exchange(
  { host, port }: PeerAddress,
  bytes: Uint8Array,
  greetingMs: number,
): Promise<Buffer | null> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    let connected = false;
    let greeting: NodeJS.Timeout | undefined;
    const socket: Socket = connectTcp({ host, port });
    const finish = (): void => {
      clearTimeout(limit);
      clearTimeout(greeting);
      socket.destroy();
      resolve(connected ? received : null);
    };
    const limit = setTimeout(finish, STEP_MS);
    socket.once('connect', () => {
      connected = true;
      greeting = setTimeout(() => socket.write(bytes), greetingMs);
    });
    socket.on('data', (part: Buffer) => {
      received = Buffer.concat([received, part]);
      if (received.includes(10) || received.length > MAX_BYTES || greetingMs === 0) finish();
    });
    socket.on('error', finish);
    socket.on('close', finish);
  });
}

function acceptsTls({ host, port }: PeerAddress): Promise<boolean> {
  return new Promise((resolve) => {
    // Nothing is sent after the handshake, so an unknown certificate does no harm.
    const socket = connectTls({ host, port, rejectUnauthorized: false });
    const finish = (accepted: boolean): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(accepted);
    };
    const limit = setTimeout(() => finish(false), STEP_MS);
    socket.once('secureConnect', () => finish(true));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
  });
}

function firstLine(bytes: Buffer): string {
  const [line = ''] = bytes.toString('latin1').split(/\r?\n/, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return line.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, MAX_LINE_LENGTH);
}
