import {
  definitionOf,
  environmentName,
  fileKeyOf,
  type Key,
  keys,
  sectionOf,
  topSections,
} from '../schema.ts';

const INTRODUCTION = `# Configuration

<!-- Generated: change src/config and run \`npm run generate\`. -->

The service runs without any configuration. Each key below can be set in four places. A later place wins:

1. its default;
2. the YAML file: \`--config FILE\`, or \`./config.yaml\` if it exists;
3. the environment;
4. flags.

One key has three spellings. In the file, \`database.max_open_conns\` is \`max_open_conns\` in the section \`database\`. In the environment, it is \`DATABASE_MAX_OPEN_CONNS\`. As a flag, it is \`--database.max_open_conns 20\` or \`--database.max_open_conns=20\`. An empty environment variable, and a key without a value in the file, count as unset. A boolean flag needs no value: \`--redis.tls\`.

\`user-service config print\` shows every value and where it comes from; secrets are hidden. \`user-service config check\` checks the configuration. It lists every error with its key, its source, what is wrong and what is expected, and exits 1 (2 for a wrong flag). \`config print --changed\` shows only what a file, a variable or a flag sets, and \`config explain KEY\` what one key means. \`config check --connect\` also tries every configured dependency for at most 8 seconds and shows its version, the version of the schema, the TLS that was negotiated with PostgreSQL, Redis and NATS (its version, and what was verified of the certificate), and whether it can do its work. It exits 1 if PostgreSQL, NATS, the SMTP server, or the API of breached passwords with \`fail_open: false\` cannot be used. An unknown key in the file or in a flag is an error, and the message names the most similar key. An unknown environment variable is not an error, since other programs use names such as \`REDIS_…\`; if it looks like a typo, there is a warning.

## Values

- **Durations** are a whole number and a unit: \`500ms\`, \`30s\`, \`5m\`, \`24h\`, \`7d\`.
- **Lists** are YAML lists in the file, and comma-separated in the environment and in flags.
- **Relative paths** start from the working directory, also in the file.
- **Text** that YAML would read as another type, such as a password of digits, needs quotes in the file.
- [schema.json](../../config/schema.json) is the JSON Schema of the file, for completion and checks in an editor. Start from [default.yaml](../../config/default.yaml). YAML aliases are refused.

## Secrets

Each key marked _secret_ can also be read from a file, as container platforms mount them: \`DATABASE_PASSWORD_FILE=/run/secrets/database_password\`, \`password_file\` in the section \`database\`, or \`--database.password_file\`. A byte order mark and one line break at the end of the file are dropped. A missing, unreadable or empty file is an error, and so is one that is not UTF-8. A secret with another line break or a control character is refused wherever it is set. Setting both forms in one place is an error. Secrets are never printed, logged or repeated in a message. A secret in a flag works but causes a warning: other users of the machine can see it.

## Rules between keys

- \`database.url\` and \`redis.url\` set several keys (\`database.host\`, \`database.password\`, …) with the precedence of the place where they are set. A part of \`DATABASE_URL\` wins over the file and loses to a flag. Setting such a key to another value in the same place is an error.
- \`database.url\` is read as libpq reads it: the folder of a Unix socket as \`?host=/run/postgresql\`, and percent escapes only, so that \`+\` is a plus sign. Its parameters are \`host\`, \`port\`, \`user\`, \`password\`, \`dbname\`, \`sslmode\`, \`sslrootcert\`, \`channel_binding\`, \`application_name\` and \`connect_timeout\` (0 stands for 300 seconds). \`target_session_attrs\` \`any\`, \`primary\` and \`read-write\`, and a few values that change nothing, are accepted. Every other parameter is refused by its name, such as \`options\`, and so are several hosts. Without \`sslmode\`, \`database.ssl_mode\` counts, whose default is \`disable\`.
- With \`database.ssl_mode\` \`allow\` and \`prefer\`, each new connection asks the server for TLS, on a connection of its own. A certificate that does not match a configured \`database.ssl_root_cert\` ends the connection; libpq would go on unencrypted.
- \`tls://\` in \`nats.servers\` sets \`nats.tls\`. Setting it to \`false\` beside is an error.
- Files that keys name (certificates, keys, credentials) must exist, be readable and hold what the key is for, if the service uses them.
- Variables that client libraries read, such as \`PGOPTIONS\`, \`OTEL_EXPORTER_OTLP_HEADERS\` and \`NODE_TLS_REJECT_UNAUTHORIZED\`, change nothing. \`NODE_EXTRA_CA_CERTS\` adds certificate authorities wherever those of Node.js are trusted.
- \`security.master_key\` is required with PostgreSQL: at least 32 random bytes in base64. \`openssl rand -base64 32\` makes one. Short, repeating, counting, readable and example values are refused.
- \`database.ssl_mode\` \`verify-ca\` and \`verify-full\` need \`database.ssl_root_cert\`. Its value \`system\` (the certificate authorities of Node.js) works with \`verify-full\` only.
- \`password.argon2.*\` must reach at least one row of OWASP’s table: 47104 KiB and 1 iteration, 19456 and 2, 12288 and 3, 9216 and 4, 7168 and 5.
- Contradictions are refused: more idle than open connections, \`sessions.idle_ttl\` above \`sessions.absolute_ttl\`, \`nats.duplicate_window\` above \`nats.max_age\`, two ways to sign in to NATS, a driver without its server, TLS files without TLS, a client certificate without its key.
- A setting that works but is probably a mistake is logged as a warning at start. An example is mail that goes to files (\`mail.driver: file\`) with a PostgreSQL server: it is not sent.

## Warnings

Warnings are logged at start and printed by \`user-service config check\`, also with \`--json\`. They refuse nothing.

- an environment variable that looks like a misspelt key, in its section (\`DATABSE_HOST\`), in the rest of its name, or in case and separators (\`database.host\`). Variables that Kubernetes sets for services are left out;
- a connection to another machine without TLS: \`database.ssl_mode: disable\`, \`redis.tls: false\` (also for Sentinel and Cluster nodes), \`nats.tls: false\`, \`mail.smtp.tls: none\`; and \`database.ssl_mode: require\`, which verifies no server. Loopback addresses and Unix sockets cause none;
- \`http://\` with another host in \`server.public_url\`, \`tokens.issuer\`, \`pwned_passwords.url\` or \`tracing.endpoint\`;
- a file with a secret that its group or all users can read: \`*_FILE\`, the YAML file if it has secrets, \`nats.creds_file\`, the keys of TLS certificates, and the keys beside the embedded data. A file of root may be readable by its group. Kubernetes needs \`defaultMode: 0440\` for that, Docker secrets \`mode: 0440\`;
- a URL that asks for TLS (\`rediss://\`, \`sslmode=require\`) beside a stronger source that turns it off;
- a variable of OpenTelemetry’s exporter beside \`tracing.endpoint\`, which has no effect;
- a secret in a flag, which other users of the machine can see;
- a service that listens beyond the loopback address without \`server.public_url\`; a /0 network in \`server.trusted_proxies\`; mail that goes to files with a PostgreSQL server.

## Example

This \`config.yaml\` is for a service behind a proxy, with its secrets in files:

\`\`\`yaml
server:
  host: 0.0.0.0
  public_url: https://accounts.example.com
  trusted_proxies: [10.0.0.0/8]
  management_port: 9090
database:
  host: postgres.internal
  user: user_service
  password_file: /run/secrets/database_password
  name: users
  ssl_mode: verify-full
  ssl_root_cert: /etc/ssl/internal-ca.pem
security:
  master_key_file: /run/secrets/master_key
mail:
  from: Accounts <accounts@example.com>
  smtp:
    host: smtp.internal
\`\`\`

\`LOGGING_LEVEL=debug user-service --server.port 9000\` changes two more values for one run.

## Keys
`;

/** Escapes the character that would end a table cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function defaultOf(key: Key): string {
  const { presence, kind, fallback, derivation } = definitionOf(key);
  if (presence === 'derived') return derivation ?? '';
  if (presence !== 'default') return '–';
  const value = kind.format(fallback);
  return `\`${typeof value === 'object' ? JSON.stringify(value) : value}\``;
}

function cells(key: Key): readonly string[] {
  const { kind, doc, aliases } = definitionOf(key);
  const names = [environmentName(key), ...aliases];
  const fromFile = fileKeyOf(key) === undefined ? [] : [`${environmentName(key)}_FILE`];
  const variables = [...names, ...fromFile].map((name) => `\`${name}\``).join(', ');
  return [`\`${key}\``, variables, `\`--${key}\``, kind.label, defaultOf(key), doc].map(cell);
}

const HEAD = ['key', 'environment', 'flag', 'type', 'default', 'meaning'] as const;

/** A table with aligned columns, as the project's formatter requires. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return `${line(HEAD)}${rule}${rows.map(line).join('')}`;
}

/** The text of `docs/run-it/configuration.md`. */
export function configurationMarkdown(): string {
  const sections = topSections.map((section) => {
    const rows = keys.filter((key) => sectionOf(key) === section).map(cells);
    return `\n### ${section}\n\n${table(rows)}`;
  });
  return `${INTRODUCTION}${sections.join('')}`;
}
