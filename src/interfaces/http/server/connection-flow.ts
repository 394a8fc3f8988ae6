import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createHeadScanner, type HeadScanner } from './head-scanner.ts';

/** A connection has at most this many requests that are not answered; further bytes of it wait. */
const MAX_UNANSWERED_REQUESTS = 8;

interface Connection {
  readonly scanner: HeadScanner;
  /** Node's own listener: passes bytes to the HTTP parser of this connection. */
  readonly parse: (bytes: Buffer) => void;
  /** In the order of arrival, which is the order of the answers. */
  readonly unanswered: Set<ServerResponse>;
  /** Its body may be arriving. */
  latest: IncomingMessage | null;
  /** Bytes of that body that have not arrived; 0 if it comes in chunks. */
  bodyBytesLeft: number;
  isHeld: boolean;
  isResuming: boolean;
  /** The turn of the event loop in which its last request started. */
  startedInTurn: number;
  /** Set when no further request can be read: what to do once all earlier ones are answered. */
  close: (() => void) | null;
}

export interface ConnectionFlow {
  /**
   * Reads no more of the connection, and calls `close` after all earlier requests are answered. A request whose body
   * has not arrived gets no answer any more, and `close` must write it.
   */
  endAfterAnswers(socket: Socket, close: () => void): void;
}

/**
 * Starts the requests of a connection in turns. Node.js parses up to 64 KiB of a connection at once and starts every
 * request in it, more than a thousand, before any other connection gets its turn, and keeps their answers in memory.
 * Here the parser gets the bytes of one request in a turn of the event loop. The rest stays unparsed in the socket until
 * the next turn, and while 8 requests are unanswered or the client does not take the answers. TCP then slows the client
 * down: at most two reads, 128 KiB, wait in memory.
 */
export function limitRequestsInFlight(server: Server): ConnectionFlow {
  const connections = new WeakMap<Socket, Connection>();
  const turns = countTurns();

  server.on('connection', (socket: Socket) => {
    const parse = socket.listeners('data')[0] as Connection['parse'] | undefined;
    // A destroyed socket has no parser.
    if (parse === undefined) return;
    const connection: Connection = {
      scanner: createHeadScanner(),
      parse,
      unanswered: new Set(),
      latest: null,
      bodyBytesLeft: 0,
      isHeld: false,
      isResuming: false,
      startedInTurn: -1,
      close: null,
    };
    connections.set(socket, connection);
    socket.removeListener('data', parse);
    socket.on('data', (chunk: Buffer) => receive(socket, connection, chunk, turns));
    socket.on('drain', () => resumeIfHeld(socket, connection));
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.latest = request;
    connection.bodyBytesLeft = Number(request.headers['content-length'] ?? 0);
    connection.unanswered.add(response);
    connection.startedInTurn = turns.current();
    response.once('close', () => {
      connection.unanswered.delete(response);
      if (connection.close === null) resumeIfHeld(socket, connection);
      else closeIfAnswered(connection);
    });
  });

  return {
    endAfterAnswers(socket, close) {
      const connection = connections.get(socket);
      if (connection === undefined) {
        close();
        return;
      }
      connection.close ??= close;
      socket.pause();
      closeIfAnswered(connection);
    },
  };
}

interface Turns {
  /** Number of this turn of the event loop, the same until its end. */
  readonly current: () => number;
}

function countTurns(): Turns {
  let turn = 0;
  let isCounting = false;
  return {
    current() {
      if (!isCounting) {
        isCounting = true;
        setImmediate(() => {
          turn += 1;
          isCounting = false;
        });
      }
      return turn;
    },
  };
}

function receive(socket: Socket, connection: Connection, chunk: Buffer, turns: Turns): void {
  let from = 0;
  while (from < chunk.length) {
    if (connection.close !== null || socket.destroyed) return;
    const end = endOfNextSlice(socket, connection, chunk, from, turns);
    if (end === null) {
      connection.isHeld = true;
      putBack(socket, chunk, from);
      resumeIfHeld(socket, connection);
      return;
    }
    connection.parse(end - from === chunk.length ? chunk : chunk.subarray(from, end));
    from = end;
    // Node.js pauses a socket while the body of a request is not read, and resumes it itself.
    if (socket.isPaused()) {
      putBack(socket, chunk, from);
      return;
    }
  }
}

/** Null if the bytes must wait. A body never waits: without it, its request would keep its place for nothing. */
function endOfNextSlice(
  socket: Socket,
  connection: Connection,
  chunk: Buffer,
  from: number,
  turns: Turns,
): number | null {
  const { scanner, latest } = connection;
  const isInBody = latest?.complete === false;
  if (isInBody && connection.bodyBytesLeft > 0) {
    const end = Math.min(chunk.length, from + connection.bodyBytesLeft);
    connection.bodyBytesLeft -= end - from;
    scanner.skipBody();
    return end;
  }
  if (connection.startedInTurn !== turns.current() && canStart(socket, connection)) {
    return scanner.endOfSlice(chunk, from, isInBody ? 'open' : 'none');
  }
  return isInBody ? scanner.endOfSlice(chunk, from, 'alone') : null;
}

/** Paused first: a flowing stream would emit the bytes at once. */
function putBack(socket: Socket, chunk: Buffer, from: number): void {
  socket.pause();
  if (from < chunk.length && !socket.destroyed) socket.unshift(chunk.subarray(from));
}

/**
 * The condition is at least as strict as the one at which Node.js pauses its parser: a paused parser would reject bytes.
 */
function canStart(socket: Socket, { unanswered }: Connection): boolean {
  if (unanswered.size >= MAX_UNANSWERED_REQUESTS || socket.writableNeedDrain) return false;
  let unsentBytes = 0;
  for (const response of unanswered) unsentBytes += response.writableLength;
  return unsentBytes < socket.writableHighWaterMark;
}

function resumeIfHeld(socket: Socket, connection: Connection): void {
  if (!connection.isHeld || connection.isResuming || !canStart(socket, connection)) return;
  connection.isResuming = true;
  // In a later turn, so that other connections are served in between.
  setImmediate(() => {
    connection.isResuming = false;
    connection.isHeld = false;
    if (connection.close === null) socket.resume();
  });
}

function closeIfAnswered(connection: Connection): void {
  const { unanswered, latest, close } = connection;
  if (close === null || unanswered.size > (latest?.complete === false ? 1 : 0)) return;
  close();
}
