import type { Dispatcher, Pool } from 'undici';
import { UsageError } from './io.ts';
import {
  type OperatorClient,
  type OperatorRequest,
  type OperatorResponse,
  ServiceUnreachable,
} from './operator-client.ts';

/** Where a service answers HTTP. Times in milliseconds. */
export interface HttpClientOptions {
  /** Base URL; with `socketPath` only its path prefix matters and it may be absent. */
  readonly url?: string;
  /** Path of a Unix socket to connect to. */
  readonly socketPath?: string;
  /** Names the target to people; by default the URL or the socket. See `OperatorClient.describe`. */
  readonly description?: string;
  /** Service key, sent as bearer token and shown nowhere. */
  readonly key?: string;
  /** Connections kept; 32 by default, as many as requests are sent at once. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** From the call to the end of the answer, 30 s by default. */
  readonly requestTimeoutMs?: number;
}

const DEFAULTS = { connections: 32, connectTimeoutMs: 5_000, requestTimeoutMs: 30_000 };
/** A page of 200 users is far below; whoever sends more is not the service. */
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

/**
 * A client over TCP, TLS or a Unix socket with a pool of kept connections. Follows no redirect, so that the key goes
 * nowhere else. Repeats nothing: see `requestWithRetries`.
 * @throws UsageError for a URL that cannot be one of the service
 */
export function createHttpClient(options: HttpClientOptions): OperatorClient {
  const { connections, connectTimeoutMs, requestTimeoutMs } = { ...DEFAULTS, ...options };
  const { socketPath, key } = options;
  const base = readServiceUrl(options.url ?? 'http://localhost');
  const prefix = base.pathname.replace(/\/+$/, '');
  const where =
    options.description ?? (socketPath ? `control socket ${socketPath}` : base.origin + prefix);
  let pool: Promise<Pool> | undefined;
  const connected = (): Promise<Pool> => {
    pool ??= openPool(base.origin, {
      connections,
      connect: { timeout: connectTimeoutMs, ...(socketPath === undefined ? {} : { socketPath }) },
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
      maxResponseSize: MAX_RESPONSE_BYTES,
    });
    return pool;
  };
  return {
    describe: () => where,
    async request(request) {
      const timeout = AbortSignal.timeout(requestTimeoutMs);
      const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
      try {
        const answer = await (await connected()).request({
          method: request.method,
          path: prefix + request.path,
          headers: headersOf(request, key),
          body: request.body === undefined ? null : JSON.stringify(request.body),
          signal,
        });
        return await readResponse(answer);
      } catch (error) {
        if (request.signal?.aborted) {
          throw new ServiceUnreachable('Interrupted.', { maybeSent: true, cause: error });
        }
        throw unreachable(error, where, timeout.aborted ? requestTimeoutMs : undefined);
      }
    },
    async close() {
      await (await pool)?.destroy();
    },
  };
}

/** Loads the library when it is first needed: the service itself starts without it. */
async function openPool(origin: string, options: Pool.Options): Promise<Pool> {
  const undici = await import('undici');
  return new undici.Pool(origin, options);
}

/**
 * The base URL of a service.
 * @throws UsageError without repeating the text where it carries a password
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
      'The URL must not carry credentials: give the service key as --key-file FILE.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError('The URL must be the base URL of the service, without ? and #.');
  }
  return url;
}

/** Whether a URL stays on this machine. */
export function isLoopback(url: URL): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
}

function headersOf(request: OperatorRequest, key: string | undefined): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...request.headers,
  };
}

async function readResponse(answer: Dispatcher.ResponseData): Promise<OperatorResponse> {
  const text = await answer.body.text();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: answer.statusCode, body: parseBody(text), headers };
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Failures before a connection stood: nothing was sent. */
const NOT_CONNECTED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there. Is the service running? `user-service serve` starts it',
  ENOENT: 'there is no such socket. Is the service running? `user-service serve` starts it',
  ENOTSOCK: 'it is not a socket',
  EACCES: 'no permission: run the command as the user who runs the service',
  EPERM: 'no permission: run the command as the user who runs the service',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'the host does not answer',
};
/** OpenSSL's verdicts on certificates, and Node's own on host names. */
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
    const hint = 'name the CA that signed it in NODE_EXTRA_CA_CERTS';
    return failure(`its certificate is refused (${code}); ${hint}`, false);
  }
  if (timedOutAfterMs !== undefined || code === 'UND_ERR_HEADERS_TIMEOUT') {
    return failure(`no answer within ${timedOutAfterMs ?? ''} ms`.replace('  ', ' '), true);
  }
  const noHttp = error instanceof Error && error.name === 'HTTPParserError';
  if (noHttp || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return failure('what answers there is not the user service', true);
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return failure('it does not speak TLS as the URL says', false);
  }
  return failure(`the connection was lost (${code || 'unknown reason'})`, true);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
