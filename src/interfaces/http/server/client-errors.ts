import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { IdGenerator, Logger } from '../../../domain/ports.ts';
import { type EdgeCode, PROBLEMS } from '../../api/problem-table.ts';
import { PROBLEM_MEDIA_TYPE, problemDocument } from '../../api/problems.ts';
import type { ConnectionFlow } from './connection-flow.ts';

interface Deps {
  readonly logger: Logger;
  readonly ids: IdGenerator;
  /** Of the server whose errors are handled; known only after the server is created. */
  readonly flow: () => ConnectionFlow;
}

const PARSER_CODES: Readonly<Record<string, EdgeCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};

/**
 * Responds to input that never becomes a request: bytes that are not HTTP, headers beyond the limit, a request that
 * does not arrive in time. The connection closes, because the start of a next request is unknown.
 */
export function createClientErrorHandler({ logger, ids, flow }: Deps) {
  return (error: { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const code = PARSER_CODES[error.code ?? ''] ?? 'malformed_request';
    const { status, meaning } = PROBLEMS[code];
    const requestId = ids.next();
    const body = JSON.stringify(problemDocument({ code, detail: meaning }, requestId));
    logger.info('request rejected', { request_id: requestId, status, code });
    const response = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n');
    flow().endAfterAnswers(socket, () => socket.end(response));
  };
}
