import { createPrivateKey, X509Certificate } from 'node:crypto';
import { addProblem, describeFileError, type Findings, type ReadFile } from './findings.ts';
import type { Key, Values } from './schema.ts';

interface Content {
  readonly expected: string;
  /** @throws for other content */
  readonly check: (text: string) => void;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

const certificates: Content = {
  expected: 'a readable file with certificates (PEM)',
  check(text) {
    const found = text.match(PEM_CERTIFICATE) ?? [];
    if (found.length === 0) throw new Error('no certificate');
    for (const certificate of found) new X509Certificate(certificate);
  },
};

const privateKey: Content = {
  expected: 'a readable file with a private key without a passphrase (PEM)',
  check: (text) => void createPrivateKey(text),
};

const credentials: Content = {
  expected: 'a readable credentials file of NATS, with a JWT and a seed',
  check(text) {
    const part = /-{3,}BEGIN [^-]+-{3,}\s*\S+\s*-{3,}END [^-]+-{3,}/g;
    if ((text.match(part) ?? []).length < 2) throw new Error('no credentials');
  },
};

type FileKey =
  | 'database.ssl_root_cert'
  | 'redis.tls_ca'
  | 'redis.tls_cert'
  | 'redis.tls_key'
  | 'nats.creds_file'
  | 'nats.tls_ca'
  | 'nats.tls_cert'
  | 'nats.tls_key'
  | 'mail.smtp.tls_ca'
  | 'tracing.tls_ca'
  | 'tracing.tls_cert'
  | 'tracing.tls_key';

const CONTENTS: Readonly<Record<FileKey, Content>> = {
  'database.ssl_root_cert': certificates,
  'redis.tls_ca': certificates,
  'redis.tls_cert': certificates,
  'redis.tls_key': privateKey,
  'nats.creds_file': credentials,
  'nats.tls_ca': certificates,
  'nats.tls_cert': certificates,
  'nats.tls_key': privateKey,
  'mail.smtp.tls_ca': certificates,
  'tracing.tls_ca': certificates,
  'tracing.tls_cert': certificates,
  'tracing.tls_key': privateKey,
};

/** True if the service reads the file of the key when it starts. */
function isRead(key: FileKey, values: Values): boolean {
  if (key === 'nats.creds_file') return values['nats.driver'] === 'nats';
  if (key.startsWith('nats.')) return values['nats.driver'] === 'nats' && values['nats.tls'];
  if (key.startsWith('redis.')) return values['redis.driver'] === 'redis' && values['redis.tls'];
  if (key.startsWith('mail.')) return values['mail.driver'] === 'smtp';
  if (key.startsWith('tracing.')) return values['tracing.endpoint'] !== undefined;
  return values['database.driver'] === 'postgres' && values['database.ssl_mode'] !== 'disable';
}

/** Reports each file that a start would need and that is missing, unreadable or holds something else. */
export function checkNamedFiles(
  findings: Findings,
  values: Values,
  sources: ReadonlyMap<Key, string>,
  readFile: ReadFile,
): void {
  for (const [key, content] of Object.entries(CONTENTS) as [FileKey, Content][]) {
    const path = values[key];
    if (path === undefined || findings.invalidKeys.has(key) || !isRead(key, values)) continue;
    if (key === 'database.ssl_root_cert' && path === 'system') continue;
    const problem = problemOf(path, content, readFile);
    if (problem === undefined) continue;
    const source = sources.get(key) ?? 'default';
    addProblem(findings, key, { source, problem, expected: content.expected });
  }
}

function problemOf(path: string, content: Content, readFile: ReadFile): string | undefined {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return `names ${path}, which ${describeFileError(error)}`;
  }
  try {
    content.check(text);
    return undefined;
  } catch {
    return `names ${path}, which holds something else`;
  }
}
