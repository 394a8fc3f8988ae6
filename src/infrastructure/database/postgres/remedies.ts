/** Remedies by SQLSTATE or by error code of Node.js. */
const BY_CODE: Readonly<Record<string, string>> = {
  '28P01': 'Check database.user and database.password.',
  '28000': "Check database.user, and the server's pg_hba.conf.",
  '3D000': 'Create the database, or check database.name.',
  '3F000':
    'No schema of the search_path exists, or the role may not use it: create one, or change the search_path of the role or database.',
  '42501':
    'Run as the owner of the database, or let its owner give the role the right: `GRANT CREATE ON SCHEMA … TO …` for tables, `GRANT CREATE ON DATABASE … TO …` for extensions, `GRANT CONNECT ON DATABASE … TO …` for connections.',
  '53100': 'The disk of the server is full: free space on it, or enlarge it.',
  '53200': 'The server has no memory left: see its log.',
  '53300':
    'The server has no connection left: lower database.max_open_conns, or raise max_connections on the server, or the CONNECTION LIMIT of the role or database.',
  '25006':
    'The server is a standby or read-only: set database.host to the primary, and check default_transaction_read_only of the role and database.',
  '57P03': 'The server starts, stops or recovers: try again in a moment.',
  '58P01':
    'The server lacks a file. For an extension, install its package (postgresql-contrib) on the server.',
  ECONNREFUSED: 'Check database.host and database.port, and that the server is running.',
  ECONNRESET: 'Check that PostgreSQL listens at database.port, and database.ssl_mode.',
  ENOTFOUND: 'Check database.host.',
  EAI_AGAIN: 'Check database.host, and that the name server is reachable.',
  ETIMEDOUT: 'Check database.host, and the network and firewalls on the way to it.',
  EHOSTUNREACH: 'Check database.host, and the network and firewalls on the way to it.',
  ENETUNREACH: 'Check database.host, and the network and firewalls on the way to it.',
  EACCES: 'Check database.host: this user may not use the socket.',
  ENOENT: 'Check database.host: this socket does not exist.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is not for database.host.',
  SELF_SIGNED_CERT_IN_CHAIN: 'database.ssl_root_cert does not hold the CA of the server.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'database.ssl_root_cert does not hold the CA of the server.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'database.ssl_root_cert does not hold the CA of the server.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'database.ssl_root_cert does not hold the CA of the server.',
  CERT_HAS_EXPIRED: "The server's certificate has expired.",
};

/** Remedies for errors whose code is not specific. They come before those by code. */
const BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [
    /unsupported startup parameter/,
    'The server is behind a pooler: set database.prepared_statements to false.',
  ],
  [/does not support SSL/, 'Set up TLS on the server, or check database.ssl_mode.'],
  [/, no encryption$/, 'The server may want TLS: check database.ssl_mode, and its pg_hba.conf.'],
  [
    /^(no pg_hba\.conf entry|pg_hba\.conf rejects connection)/,
    "Add a line for this host, user and database to the server's pg_hba.conf, or check database.user and database.name.",
  ],
  [/is not permitted to log in$/, 'Run `ALTER ROLE … LOGIN`, or check database.user.'],
  [
    /is not currently accepting connections$/,
    'Check database.name, or run `ALTER DATABASE … ALLOW_CONNECTIONS true`.',
  ],
  [
    /^query would be affected by row-level security policy/,
    'Row-level security would hide rows from the role: run `ALTER ROLE … BYPASSRLS`, or `ALTER TABLE … DISABLE ROW LEVEL SECURITY`.',
  ],
  [
    /used by a view or rule$/,
    'Drop the view or rule that the detail names, and create it again afterwards.',
  ],
  [
    /^timeout exceeded when trying to connect$|^timeout expired$/,
    'Check database.host, and the network and firewalls on the way to it.',
  ],
  [
    /^extension ".*" (is not available|has no installation script)|^could not open extension control file/,
    'Install the package postgresql-contrib on the server, or allow the extension at the provider.',
  ],
  [
    /^permission denied to create extension/,
    'A trusted extension needs the right CREATE on the database: `GRANT CREATE ON DATABASE … TO …`. Else let an administrator run `CREATE EXTENSION`.',
  ],
  [
    /^(operator class "gin_trgm_ops" does not exist|function .*similarity.* does not exist)/,
    'The role does not see the schema of the extension pg_trgm: add that schema to its search_path, or `ALTER EXTENSION pg_trgm SET SCHEMA public`.',
  ],
];

/** What the operator can do about a failure of PostgreSQL or of the way to it; empty when the error says it all. */
export function databaseRemedy(error: {
  readonly code?: unknown;
  readonly message?: unknown;
}): string {
  const { code, message } = error;
  const byText =
    typeof message === 'string' ? BY_TEXT.find(([text]) => text.test(message))?.[1] : undefined;
  return byText ?? (typeof code === 'string' ? (BY_CODE[code] ?? '') : '');
}
