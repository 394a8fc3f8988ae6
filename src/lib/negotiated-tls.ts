import { TLSSocket } from 'node:tls';

/** What a connection refuses a server for: nothing, a chain of an unknown CA, or also a certificate for another host. */
export type CertificateCheck = 'none' | 'chain' | 'chain and host';

/** The TLS of an open connection. Without TLS it has `tls` alone. */
export interface NegotiatedTls {
  readonly tls: boolean;
  /** Such as `TLSv1.3`. */
  readonly tls_version?: string;
  /** What was verified of the server's certificate. */
  readonly certificate?: 'not verified' | 'chain verified' | 'chain and host verified';
}

/**
 * Reads what client and server agreed on. A chain that happens to be valid counts as verified only if `check` requires
 * it: another server would have been accepted too.
 * @param socket the socket below the driver; every other value than a TLS socket counts as no TLS
 */
export function negotiatedTls(socket: unknown, check: CertificateCheck): NegotiatedTls {
  if (!(socket instanceof TLSSocket)) return { tls: false };
  const verified = socket.authorized && check !== 'none';
  return {
    tls: true,
    tls_version: socket.getProtocol() ?? 'unknown',
    certificate: verified ? `${check} verified` : 'not verified',
  };
}
