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

The service runs without any configuration. Each key below can be set in four places; a later one wins:

1. its default;
2. the YAML file: \`--config FILE\`, or \`./config.yaml\` where that exists;
3. the environment;
4. flags.

The key \`database.max_open_conns\` is, in the file, \`max_open_conns\` in the section \`database\`; in the environment, \`DATABASE_MAX_OPEN_CONNS\`; as a flag, \`--database.max_open_conns 20\` or \`--database.max_open_conns=20\`. An empty environment variable, and a key without a value in the file, count as unset. A boolean flag may stand alone: \`--redis.tls\`.

\`user-service config print\` shows every value and where it comes from, with secrets hidden. \`user-service config check\` tells whether the service would accept the configuration: it lists every fault with its key, its source, what is wrong and what is expected, and exits 1. An unknown key in the file or in a flag is a fault, and the nearest known key is named. Unknown environment variables are no faults, since other programs use names such as \`REDIS_…\`; one that looks like a slip of the pen is warned about.

## Values

- **Durations** are a whole number and a unit: \`500ms\`, \`30s\`, \`5m\`, \`24h\`, \`7d\`.
- **Lists** are YAML lists in the file, and comma-separated in the environment and in flags.
- **Paths** start from the working directory, also in the file.
- **Text** that YAML takes for something else, such as a password of digits, needs quotes in the file.
- The file is checked against [schema.json](../../config/schema.json); editors that know JSON Schema complete and check it. [default.yaml](../../config/default.yaml) is a file to start from. YAML aliases are refused.

## Secrets

Each key marked _secret_ can also be read from a file, as container platforms mount them: \`DATABASE_PASSWORD_FILE=/run/secrets/database_password\`, \`password_file\` in the section \`database\`, or \`--database.password_file\`. One line break at the end of the file is dropped. A missing, unreadable or empty file is a fault, and so is setting both forms in one place. Secrets are never printed, logged or repeated in a message. As flags they work and cause a warning, since other users of a machine see its command lines.

## Rules between keys

- \`database.url\` and \`redis.url\` set the keys they stand for (\`database.host\`, \`database.password\`, …) with the strength of the place where they are set: a part of \`DATABASE_URL\` wins over the file and loses to a flag. Setting such a key to another value in the same place is a fault.
- \`security.master_key\` is required with PostgreSQL: at least 32 random bytes in base64, as \`openssl rand -base64 32\` makes them. Short, repeated, counted, readable and example values are refused.
- \`database.ssl_mode\` \`verify-ca\` and \`verify-full\` need \`database.ssl_root_cert\`; its value \`system\` (the certificate authorities of Node.js) goes with \`verify-full\` only.
- \`password.argon2.*\` must be at least one row of OWASP’s table: 47104 KiB and 1 iteration, 19456 and 2, 12288 and 3, 9216 and 4, 7168 and 5.
- What cannot be is refused: more idle than open connections, \`sessions.idle_ttl\` above \`sessions.absolute_ttl\`, \`nats.duplicate_window\` above \`nats.max_age\`, two ways to sign in to NATS, a driver without its server, TLS files without TLS, a client certificate without its key.
- What works and is probably not meant is logged at the start as a warning, such as mail that goes to files (\`mail.driver: file\`) beside a PostgreSQL server: nobody gets it.

## Example

A \`config.yaml\` for a service behind a proxy, with its secrets in files:

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

\`LOGGING_LEVEL=debug user-service --server.port 9000\` then changes two more values for one run.

## Keys
`;

/** Text that cannot end a table cell. */
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

/** A table whose columns are aligned in the source too, as the formatter of the project wants it. */
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
