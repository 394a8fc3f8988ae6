import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Config } from '../config/schema.ts';
import { readTracingHeaders } from '../config/tracing-headers.ts';
import type { Logger } from '../domain/ports.ts';
import {
  connectedSocket,
  createRedisClient,
  endRedisClient,
} from '../infrastructure/cache/redis-client.ts';
import { redisFailure } from '../infrastructure/cache/redis-failure.ts';
import { readRecord } from '../infrastructure/database/migrations/history.ts';
import { readConnectionTls } from '../infrastructure/database/postgres/connection-tls.ts';
import { createPostgresDatabase } from '../infrastructure/database/postgres/pool.ts';
import { verifySmtp } from '../infrastructure/mail/smtp-mailer.ts';
import { connectionOptions } from '../infrastructure/messaging/nats-connection.ts';
import { tracesUrl } from '../infrastructure/tracing/traces-url.ts';
import { negotiatedTls } from '../lib/negotiated-tls.ts';
import { smtpSettings } from './mail-delivery.ts';
import { databaseSettings } from './persistence.ts';
import { readKeyFile } from './read-key-file.ts';

/** What a dependency said of itself, by name. */
export type Seen = Readonly<Record<string, string | number | boolean>>;

/** The dependency answers and cannot do its work. */
class Unusable extends Error {
  readonly seen: Seen;

  constructor(message: string, seen: Seen) {
    super(message);
    this.seen = seen;
  }
}

/** Only what the probe itself reports is shown. */
const ignore = (): void => {};
const silent: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  with: () => silent,
};

export async function probePostgres(config: Config): Promise<Seen> {
  const settings = databaseSettings({ config });
  if (settings.driver !== 'postgres') return {};
  const database = await createPostgresDatabase(
    { ...settings.postgres, maxOpenConns: 1, maxIdleConns: 1 },
    { logger: silent },
  );
  try {
    const { rows } = await database.query<{ version: string; read_only: boolean }>(
      `select current_setting('server_version') as version,
         pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only`,
    );
    const [server = { version: 'unknown', read_only: false }] = rows;
    const { version: schema, dirty } = await readRecord(database);
    const tls = await readConnectionTls(settings.postgres);
    const seen = { ...server, ...tls, schema_version: schema };
    if (server.read_only) throw new Unusable('The server does not accept changes.', seen);
    if (dirty)
      throw new Unusable('A migration broke off: run `user-service migrate status`.', seen);
    return seen;
  } finally {
    await database.close();
  }
}

const REDIS_DEADLINE_MS = 2_000;
const PROBE_KEY_TTL_MS = 1_000;

export async function probeRedis({ password, ...settings }: Config['redis']): Promise<Seen> {
  const client = createRedisClient(
    { ...settings, password: password?.reveal() },
    { deadlineMs: REDIS_DEADLINE_MS },
  );
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', reject);
    });
    const info = await client.info();
    // With `tls`, the options require a certificate of a known CA for the host.
    const tls = negotiatedTls(connectedSocket(client), 'chain and host');
    const field = (name: string) =>
      new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? 'unknown';
    // The cache stores values: a replica, a full memory or a missing right would refuse them.
    await client.set(`${settings.keyPrefix}config-check`, '1', 'PX', PROBE_KEY_TTL_MS);
    return { version: field('redis_version'), role: field('role'), ...tls };
  } catch (error) {
    throw redisFailure(error);
  } finally {
    endRedisClient(client);
  }
}

const NATS_TIMEOUT_MS = 5_000;

export async function probeNats({ password, token, ...settings }: Config['nats']): Promise<Seen> {
  const options = await connectionOptions({
    ...settings,
    password: password?.reveal(),
    token: token?.reveal(),
  });
  const connection = await connect({ ...options, reconnect: false, timeout: NATS_TIMEOUT_MS });
  try {
    const { info } = connection;
    // The library encrypts also without `nats.tls` if the server offers TLS, and then verifies the server too.
    const tls = negotiatedTls(natsSocket(connection), 'chain and host');
    const seen = { version: info?.version ?? 'unknown', ...tls };
    try {
      const manager = await jetstreamManager(connection, { timeout: NATS_TIMEOUT_MS });
      const names: string[] = [];
      for await (const name of manager.streams.names()) names.push(name);
      const stream = names.includes(settings.stream)
        ? settings.stream
        : `${settings.stream} (absent)`;
      return { ...seen, jetstream: true, stream };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Unusable(`JetStream cannot be used: ${reason}`, { ...seen, jetstream: false });
    }
  } finally {
    await connection.close();
  }
}

/** The type declarations of the library lack it; a test with TLS fails if the library moves it. */
function natsSocket(connection: NatsConnection): unknown {
  const inner = connection as unknown as {
    readonly protocol?: { readonly transport?: { readonly socket?: unknown } };
  };
  return inner.protocol?.transport?.socket;
}

export async function probeSmtp(settings: Config['mail']['smtp']): Promise<Seen> {
  await verifySmtp(smtpSettings(settings));
  return { tls: settings.tls !== 'none', authenticated: settings.username !== undefined };
}

const HTTP_TIMEOUT_MS = 5_000;
const NO_SPANS = JSON.stringify({ resourceSpans: [] });

/** Sends an export without spans. */
export async function probeTracing(settings: Config['tracing']): Promise<Seen> {
  const { endpoint = '', headers, tlsCa, tlsCert, tlsKey } = settings;
  const read = readTracingHeaders(headers);
  const status = await statusOf(tracesUrl(endpoint), {
    method: 'POST',
    headers: { ...('headers' in read ? read.headers : {}), 'content-type': 'application/json' },
    body: NO_SPANS,
    tls: {
      ca: readKeyFile('tracing.tls_ca', tlsCa),
      cert: readKeyFile('tracing.tls_cert', tlsCert),
      key: readKeyFile('tracing.tls_key', tlsKey),
    },
  });
  return expectSuccess(status, endpoint);
}

/** Asks for the range of a hash that belongs to no one. */
export async function probePwnedPasswords({ url }: Config['pwnedPasswords']): Promise<Seen> {
  const status = await statusOf(`${url}/range/00000`, {
    method: 'GET',
    headers: { 'add-padding': 'true', 'user-agent': 'user-service' },
  });
  return expectSuccess(status, url);
}

function expectSuccess(status: number, url: string): Seen {
  const seen = { status, tls: url.startsWith('https:') };
  if (status >= 200 && status <= 299) return seen;
  throw new Unusable(`The response has the status ${status}.`, seen);
}

interface ProbeRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
}

/** Redirects are not followed, as by the service. */
async function statusOf(url: string, { tls = {}, ...request }: ProbeRequest): Promise<number> {
  const { Client } = await import('undici');
  const { origin, pathname } = new URL(url);
  const client = new Client(origin, {
    connect: { timeout: HTTP_TIMEOUT_MS, rejectUnauthorized: true, ...tls },
    headersTimeout: HTTP_TIMEOUT_MS,
    bodyTimeout: HTTP_TIMEOUT_MS,
  });
  try {
    const { statusCode, body } = await client.request({ path: pathname, ...request });
    body.on('error', () => {}).destroy();
    return statusCode;
  } finally {
    await client.destroy();
  }
}
