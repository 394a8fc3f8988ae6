import { DomainError } from '../../../domain/errors.ts';
import type { PostgresSettings } from './settings.ts';

/** Remedies by SQLSTATE or by error code of Node.js. */
const HINTS: Readonly<Record<string, string>> = {
  '28P01': 'Check database.user and database.password.',
  '28000': "Check database.user, and the server's pg_hba.conf.",
  '3D000': 'Create the database, or check database.name.',
  '53300': 'The server has no connection left: lower database.max_open_conns.',
  ECONNREFUSED: 'Check database.host and database.port, and that the server is running.',
  ENOTFOUND: 'Check database.host.',
  EAI_AGAIN: 'Check database.host, and that the name server is reachable.',
  ETIMEDOUT: 'Check database.host, and the network and firewalls on the way to it.',
  ENOENT: 'Check database.host: this socket does not exist.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is not for database.host.',
  SELF_SIGNED_CERT_IN_CHAIN: 'database.ssl_root_cert does not hold the CA of the server.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'database.ssl_root_cert does not hold the CA of the server.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'database.ssl_root_cert does not hold the CA of the server.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'database.ssl_root_cert does not hold the CA of the server.',
  CERT_HAS_EXPIRED: "The server's certificate has expired.",
};

/** Remedies for errors whose code is not specific. */
const HINTS_BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [
    /unsupported startup parameter/,
    'The server is behind a pooler: set database.prepared_statements to false.',
  ],
  [/does not support SSL/, 'Set up TLS on the server, or check database.ssl_mode.'],
  [/, no encryption$/, 'The server may want TLS: check database.ssl_mode, and its pg_hba.conf.'],
];

/** The database cannot be used. The message names the address, the reason and the remedy. */
export class DatabaseStartError extends Error {
  override readonly name = 'DatabaseStartError';

  /** @param failure the error of the first connection; its text never contains the password. */
  constructor(settings: Pick<PostgresSettings, 'host' | 'port'>, failure: unknown) {
    const cause = failure instanceof DomainError ? failure.cause : failure;
    const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown };
    // When a host has several addresses and all refuse, Node.js reports an error without a message.
    const reason = typeof message === 'string' && message !== '' ? message : String(code);
    const hint =
      HINTS_BY_TEXT.find(([text]) => text.test(reason))?.[1] ??
      (typeof code === 'string' ? (HINTS[code] ?? '') : '');
    const where = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
    super(`PostgreSQL at ${where}:${settings.port} cannot be used: ${reason}. ${hint}`.trimEnd(), {
      cause,
    });
  }
}
