import type { Dispatcher, Pool } from 'undici';
import { UsageError } from './io.ts';
import { type OperatorClient, pathOf, ServiceUnreachable, toResponse } from './operator-client.ts';

export interface HttpClientOptions {
  /** Base URL; with `socketPath` only its path prefix matters and it may be absent. */
  readonly url?: string;
  /** Unix socket to connect to. */
  readonly socketPath?: string;
  /** Name of the target in messages; the URL or the socket by default. See `OperatorClient.describe`. */
  readonly description?: string;
  /** Service key: sent as bearer token, never shown. */
  readonly key?: string;
  /** Most connections at once; 32 by default. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** From the call to the end of the response; 30 s by default. */
  readonly requestTimeoutMs?: number;
}

const DEFAULTS = { connections: 32, connectTimeoutMs: 5_000, requestTimeoutMs: 30_000 };
/** A page of 200 users is far smaller: a larger response does not come from the service. */
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

/**
 * Creates a client over TCP, TLS or a Unix socket with a connection pool. It follows no redirect, so that the key
 * reaches no other server. It does not retry: see `requestWithRetries`.
 * @throws UsageError for a URL that is not a service's base URL
 */
export function createHttpClient(options: HttpClientOptions): OperatorClient {
  const { connections, connectTimeoutMs, requestTimeoutMs } = { ...DEFAULTS, ...options };
  const { socketPath, key } = options;
  const base = readServiceUrl(options.url ?? 'http://localhost');
  const prefix = base.pathname.replace(/\/+$/, '');
  const where =
    options.description ?? (socketPath ? `control socket ${socketPath}` : base.origin + prefix);
  let pool: Promise<Pool> | undefined;
  const connect = (): Promise<Pool> => {
    pool ??= openPool(base.origin, {
      connections,
      connect: {
        timeout: connectTimeoutMs,
        // Stated, so that NODE_TLS_REJECT_UNAUTHORIZED sends no key to an unknown server.
        rejectUnauthorized: true,
        ...(socketPath === undefined ? {} : { socketPath }),
      },
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
      maxResponseSize: MAX_RESPONSE_BYTES,
    });
    return pool;
  };
  return {
    describe: () => where,
    async fetch(url, { method, headers, body, signal }) {
      const timeout = AbortSignal.timeout(requestTimeoutMs);
      const ends = signal ? AbortSignal.any([timeout, signal]) : timeout;
      try {
        const response = await (await connect()).request({
          method: method as Dispatcher.HttpMethod,
          path: prefix + pathOf(url),
          headers: {
            ...Object.fromEntries(new Headers(headers)),
            ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          },
          body: typeof body === 'string' ? body : null,
          signal: ends,
        });
        return toResponse(response.statusCode, response.headers, await response.body.text());
      } catch (error) {
        if (signal?.aborted) throw error;
        throw unreachable(error, where, timeout.aborted ? requestTimeoutMs : undefined);
      }
    },
    async close() {
      await (await pool)?.destroy();
    },
  };
}

/** Loads the library on first use: the service itself starts without it. */
async function openPool(origin: string, options: Pool.Options): Promise<Pool> {
  const undici = await import('undici');
  return new undici.Pool(origin, options);
}

/**
 * Parses the base URL of a service.
 * @throws UsageError whose message does not repeat the text, which may carry a password
 */
export function readServiceUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(
      'The URL must be like http://127.0.0.1:8080 or https://users.example.com.',
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UsageError('The URL must begin with http:// or https://.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      'The URL must not carry credentials: pass the service key with --key-file FILE.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError('The URL must be the base URL of the service, without ? and #.');
  }
  return url;
}

/** Whether the host of a URL is this machine. */
export function isLoopback(url: URL): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** Failures before the connection was established: nothing was sent. */
const NOT_CONNECTED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there. Is the service running? `user-service serve` starts it',
  ENOENT: 'the socket does not exist. Is the service running? `user-service serve` starts it',
  ENOTSOCK: 'the file is not a socket',
  EACCES: 'no permission: run the command as the user who runs the service',
  EPERM: 'no permission: run the command as the user who runs the service',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved at the moment',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'the host does not answer',
};
/** Certificate errors of OpenSSL, and of Node.js for host names. */
const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|ERR_TLS_CERT_ALTNAME_INVALID|DEPTH_ZERO/;

function unreachable(
  error: unknown,
  where: string,
  timedOutAfterMs: number | undefined,
): ServiceUnreachable {
  const code = codeOf(error);
  const failure = (reason: string, maybeSent: boolean): ServiceUnreachable =>
    new ServiceUnreachable(`Cannot reach ${where}: ${reason}.`, { maybeSent, cause: error });
  const notConnected = NOT_CONNECTED[code];
  if (notConnected !== undefined) return failure(notConnected, false);
  if (CERTIFICATE.test(code)) {
    const hint = 'set NODE_EXTRA_CA_CERTS to the certificate of its CA';
    return failure(`its certificate is not trusted (${code}); ${hint}`, false);
  }
  if (timedOutAfterMs !== undefined || code === 'UND_ERR_HEADERS_TIMEOUT') {
    return failure(`no answer within ${timedOutAfterMs ?? ''} ms`.replace('  ', ' '), true);
  }
  const noHttp = error instanceof Error && error.name === 'HTTPParserError';
  if (noHttp || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return failure('the response is not from a user service', true);
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return failure('it does not use TLS as the URL says', false);
  }
  return failure(`the connection was lost (${code || 'unknown reason'})`, true);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
