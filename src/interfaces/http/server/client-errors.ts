import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { IdGenerator, Logger } from '../../../domain/ports.ts';
import { type EdgeCode, PROBLEMS } from '../../api/problem-table.ts';
import { EdgeError, PROBLEM_MEDIA_TYPE, problemDocument } from '../../api/problems.ts';
import type { ConnectionFlow } from './connection-flow.ts';
import { type AllowedMethods, unknownRoute } from './error-handling.ts';
import { plainAddress } from './forwarded-address.ts';
import { MethodNotAllowed, problemHeaders } from './http-errors.ts';

interface Deps {
  readonly logger: Logger;
  readonly ids: IdGenerator;
  readonly allowedMethods: AllowedMethods;
  /** Of the server whose errors are handled; known only after the server is created. */
  readonly flow: () => ConnectionFlow;
}

interface ClientError {
  readonly code?: string;
  /** The bytes that were parsed when the error occurred. */
  readonly rawPacket?: unknown;
}

const PARSER_CODES: Readonly<Record<string, EdgeCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
};

/** Any method (RFC 9110 §9.1) and the path of a request line. */
const REQUEST_LINE = /^(?:\r?\n)*[!#$%&'*+.^_`|~0-9A-Za-z-]+ (\/[^ \r\n]*) HTTP\/1\.[01]\r?\n/;

/**
 * Responds to input that never becomes a request: bytes that are not HTTP, a method that the parser does not know,
 * headers beyond the limit, a request that does not arrive in time. The connection closes, because the start of a next
 * request is unknown.
 */
export function createClientErrorHandler(deps: Deps) {
  const reject = createRejection(deps);
  return (error: ClientError, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    reject(toRejection(error, deps.allowedMethods), socket);
  };
}

/** Rejects `CONNECT`: the service is no proxy. Node.js would close the connection without a response. */
export function rejectConnect(server: Server, deps: Deps): void {
  const reject = createRejection(deps);
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // Node.js no longer handles errors of this socket.
    socket.on('error', () => socket.destroy());
    reject(new MethodNotAllowed([]), socket);
  });
}

function createRejection({ logger, ids, flow }: Deps) {
  return (error: EdgeError, socket: Socket): void => {
    const { code, message } = error;
    const { status } = PROBLEMS[code];
    const requestId = ids.next();
    const problem = { code, detail: message };
    const body = JSON.stringify(problemDocument(problem, requestId));
    logger.info('request rejected', {
      request_id: requestId,
      status,
      code,
      client_ip: plainAddress(socket.remoteAddress),
    });
    const headers = {
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Request-Id': requestId,
      'Cache-Control': 'no-store',
      ...problemHeaders(problem, error),
      Connection: 'close',
    };
    const lines = Object.entries(headers)
      .filter(([name]) => name !== 'connection')
      .map(([name, value]) => `${name}: ${value}\r\n`);
    const response = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
    flow().endAfterAnswers(socket, () => socket.end(response));
  };
}

function toRejection({ code, rawPacket }: ClientError, allowedMethods: AllowedMethods): EdgeError {
  if (code === 'HPE_INVALID_METHOD') {
    const target = REQUEST_LINE.exec(
      Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : '',
    )?.[1];
    if (target !== undefined) return unknownRoute(target, allowedMethods);
  }
  const edgeCode = PARSER_CODES[code ?? ''] ?? 'malformed_request';
  return new EdgeError(edgeCode, PROBLEMS[edgeCode].meaning);
}
