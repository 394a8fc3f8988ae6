import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { PostgresSettings, SslMode } from './settings.ts';

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

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Node.js skips what it cannot read, and would then trust nobody without saying why. */
function rootCertificate(pem: string): string {
  const certificates = pem.match(PEM_CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw new Error('database.ssl_root_cert holds a damaged certificate: get the file anew.', {
      cause,
    });
  }
  if (certificates.length > 0) return pem;
  throw new Error(
    'database.ssl_root_cert holds no PEM certificate: name the file with the CA of the server.',
  );
}

/**
 * The content of the file that `database.ssl_root_cert` names, as `PostgresSettings.sslRootCert` wants it.
 * @throws Error with the key and the file when it cannot be read. libpq goes on unverified then in mode `require`; who
 * names a CA wants it used.
 */
export function readRootCertificate(path: string | undefined, sslMode: SslMode): string | null {
  if (path === undefined || sslMode === 'disable') return null;
  if (path === 'system') return path;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `database.ssl_root_cert ${path} cannot be read (${code}): name the PEM file with the CA of the server.`,
      { cause: error },
    );
  }
}
