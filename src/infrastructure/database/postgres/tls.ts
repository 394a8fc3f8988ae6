import type { ConnectionOptions } from 'node:tls';
import type { PostgresSettings } from './settings.ts';

/**
 * The TLS options for libpq's modes (PostgreSQL documentation, "SSL Support", table "SSL Mode Descriptions"):
 * `require` encrypts and, like libpq, verifies the chain when a root certificate is given; `verify-ca` verifies the
 * chain, `verify-full` the host name, too. A Unix socket is never encrypted.
 * @throws Error when the mode verifies and nothing says what to trust, or what is trusted is no PEM certificate.
 */
export function tlsOptions(
  settings: Pick<PostgresSettings, 'host' | 'sslMode' | 'sslRootCert'>,
): ConnectionOptions | false {
  const { host, sslMode, sslRootCert } = settings;
  if (sslMode === 'disable' || host.startsWith('/')) return false;
  if (sslRootCert === null) {
    if (sslMode === 'require') return { rejectUnauthorized: false };
    throw new Error(
      `database.ssl_mode ${sslMode} needs database.ssl_root_cert: a PEM file with the CA of the server, or "system".`,
    );
  }
  if (sslRootCert === 'system' && sslMode !== 'verify-full') {
    // A public CA signs for everybody: without the host name it proves nothing. libpq refuses this, too.
    throw new Error('database.ssl_root_cert "system" needs database.ssl_mode verify-full.');
  }
  const trusted = sslRootCert === 'system' ? {} : { ca: rootCertificate(sslRootCert) };
  if (sslMode === 'verify-full') return { rejectUnauthorized: true, ...trusted };
  return { rejectUnauthorized: true, ...trusted, checkServerIdentity: () => undefined };
}

function rootCertificate(pem: string): string {
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new Error('database.ssl_root_cert holds no PEM certificate.');
}
