import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { PostgresSettings, SslMode } from './settings.ts';

/**
 * The TLS options for libpq's modes (PostgreSQL documentation, "SSL Support", table "SSL Mode Descriptions"):
 * `require` encrypts and, like libpq, verifies the chain when a root certificate is given; so do `allow` and `prefer`
 * where the server offers TLS (see `prefersTls`). `verify-ca` verifies the chain, `verify-full` the chain and the host name. A Unix socket is never encrypted.
 * @throws Error when the mode verifies and no root certificate is given, or when it is not a PEM certificate.
 */
export function tlsOptions(
  settings: Pick<PostgresSettings, 'host' | 'sslMode' | 'sslRootCert'>,
): ConnectionOptions | false {
  const { host, sslMode, sslRootCert } = settings;
  if (sslMode === 'disable' || host.startsWith('/')) return false;
  if (sslRootCert === null) {
    if (!sslMode.startsWith('verify-')) return { rejectUnauthorized: false };
    throw new Error(
      `database.ssl_mode ${sslMode} needs database.ssl_root_cert: a PEM file with the CA of the server, or "system".`,
    );
  }
  if (sslRootCert === 'system' && sslMode !== 'verify-full') {
    // A public CA signs for any host: without the host name the chain proves nothing. libpq rejects this, too.
    throw new Error('database.ssl_root_cert "system" needs database.ssl_mode verify-full.');
  }
  const trusted = sslRootCert === 'system' ? {} : { ca: rootCertificate(sslRootCert) };
  if (sslMode === 'verify-full') return { rejectUnauthorized: true, ...trusted };
  return { rejectUnauthorized: true, ...trusted, checkServerIdentity: () => undefined };
}

/** True if the server decides whether the connection is encrypted. */
export function prefersTls({ host, sslMode }: Pick<PostgresSettings, 'host' | 'sslMode'>): boolean {
  return (sslMode === 'allow' || sslMode === 'prefer') && !host.startsWith('/');
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Node.js skips certificates that it cannot parse, and would then reject every server without saying why. */
function rootCertificate(pem: string): string {
  const certificates = pem.match(PEM_CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw new Error('database.ssl_root_cert holds a damaged certificate: replace the file.', {
      cause,
    });
  }
  if (certificates.length > 0) return pem;
  throw new Error(
    'database.ssl_root_cert holds no PEM certificate: name the file with the CA of the server.',
  );
}

/**
 * Reads the file that `database.ssl_root_cert` names. @returns the value of `PostgresSettings.sslRootCert`.
 * @throws Error with the key and the file when it cannot be read. In mode `require` libpq would continue unverified;
 * this service fails, since a configured CA must be used.
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
