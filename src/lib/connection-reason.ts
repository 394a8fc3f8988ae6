/** What kept a connection from being opened or used, as far as the error of the system or of TLS says it. */
export type ConnectionReason = 'unreachable' | 'unknown_host' | 'timeout' | 'tls';

/** Causes and parts of one error that are looked at. */
const MAX_ERRORS = 16;

const BY_CODE: Readonly<Record<string, ConnectionReason>> = {
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  EAI_NODATA: 'unknown_host',
  EAI_NONAME: 'unknown_host',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  ECONNABORTED: 'unreachable',
  EPIPE: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ENOENT: 'unreachable',
  EACCES: 'unreachable',
  UND_ERR_SOCKET: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
};
/** Codes of OpenSSL and Node for a handshake or a certificate that is not accepted. */
const TLS_CODE =
  /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|EPROTO$)/;

/**
 * The reason by the codes of the error, its causes and the parts of an `AggregateError`; null without a known code.
 * The code nearest to the outside wins.
 */
export function connectionReason(error: unknown): ConnectionReason | null {
  const queue: unknown[] = [error];
  for (let looked = 0; looked < MAX_ERRORS && queue.length > 0; looked += 1) {
    const current = queue.shift();
    if (!(current instanceof Error)) continue;
    const { code } = current as NodeJS.ErrnoException;
    if (typeof code === 'string') {
      if (TLS_CODE.test(code)) return 'tls';
      const reason = BY_CODE[code];
      if (reason !== undefined) return reason;
    }
    if (current.name === 'TimeoutError') return 'timeout';
    queue.push(current.cause);
    if (current instanceof AggregateError) queue.push(...current.errors.slice(0, MAX_ERRORS));
  }
  return null;
}
