import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** A response that a test gives in place of the fake's own. */
export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Performs the request before this response, as a service whose own response is lost. */
  readonly afterDoing?: boolean;
  /** Closes the connection without a response. */
  readonly hangUp?: boolean;
}

/** A stand-in for the service with only the routes that commands use. */
export interface FakeUserService {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** E-mail addresses with their users, in order of creation. */
  readonly users: Map<string, Record<string, unknown>>;
  /** The largest number of concurrent requests so far. */
  maxAtOnce(): number;
  stop(): Promise<void>;
}

export interface FakeOptions {
  /** Unix socket to listen on instead of a port. */
  readonly socketPath?: string;
  /** Port to listen on; a free one by default. */
  readonly port?: number;
  /** Called before each response, which it may delay; undefined keeps the fake's own. */
  answer?(
    request: ReceivedRequest,
    service: FakeUserService,
  ): Promise<FakeAnswer | undefined> | FakeAnswer | undefined;
  /** Keep requests in `requests`; off for imports that would fill the memory. */
  readonly record?: boolean;
}

/** A problem document in the form of the service's. */
export function problem(status: number, code: string, extra: object = {}): FakeAnswer {
  return {
    status,
    body: {
      type: `urn:user-service:problem:${code}`,
      title: code,
      status,
      code,
      detail: `The ${code} text.`,
      request_id: 'req-1',
      ...extra,
    },
  };
}

/** Starts the fake on a free port of the loopback address, or on a Unix socket. */
export async function startFakeUserService(options: FakeOptions = {}): Promise<FakeUserService> {
  const users = new Map<string, Record<string, unknown>>();
  const requests: ReceivedRequest[] = [];
  let atOnce = 0;
  let maxAtOnce = 0;
  const server: Server = createServer((message, response) => {
    atOnce += 1;
    maxAtOnce = Math.max(maxAtOnce, atOnce);
    void handle(message, response).finally(() => {
      atOnce -= 1;
    });
  });
  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString('utf8');
    const request = {
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
    if (options.record !== false) requests.push(request);
    const instead = await options.answer?.(request, service);
    const own = instead === undefined || instead.afterDoing ? route(request, users) : undefined;
    const { status, body, headers, hangUp } = instead ?? own ?? { status: 500 };
    if (hangUp) {
      message.socket.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (options.socketPath !== undefined) server.listen(options.socketPath, resolve);
    else server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const service: FakeUserService = {
    url: `http://127.0.0.1:${port}`,
    requests,
    users,
    maxAtOnce: () => maxAtOnce,
    async stop() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

function route(request: ReceivedRequest, users: Map<string, Record<string, unknown>>): FakeAnswer {
  const url = new URL(request.path, 'http://fake');
  if (url.pathname === '/v1/users' && request.method === 'POST') return register(request, users);
  if (url.pathname === '/v1/users') return list(url, [...users.values()]);
  if (url.pathname.startsWith('/v1/users/')) {
    const user = [...users.values()].find(({ id }) => url.pathname.endsWith(`/${String(id)}`));
    return user === undefined ? problem(404, 'user_not_found') : { status: 200, body: user };
  }
  return problem(404, 'not_found');
}

function register(
  request: ReceivedRequest,
  users: Map<string, Record<string, unknown>>,
): FakeAnswer {
  const { password, ...person } = request.body as Record<string, unknown>;
  const email = String(person.email);
  if (typeof password !== 'string' || password.length < 8) {
    const errors = [
      {
        pointer: '/password',
        code: 'password_too_short',
        message: 'Must have at least 8 characters.',
      },
    ];
    return problem(422, 'validation_failed', { errors });
  }
  if (users.has(email)) return problem(409, 'email_taken');
  const user = {
    id: randomUUID(),
    ...person,
    status: 'active',
    version: 1,
    created_at: '2026-01-01T00:00:00.000Z',
  };
  users.set(email, user);
  return { status: 201, body: user };
}

function list(url: URL, users: readonly Record<string, unknown>[]): FakeAnswer {
  const email = url.searchParams.get('email');
  if (email !== null) {
    return {
      status: 200,
      body: { users: users.filter((user) => user.email === email), next_cursor: null },
    };
  }
  const query = url.searchParams.get('q') ?? '';
  const found = users.filter((user) => JSON.stringify(user).includes(query));
  const start = Number(url.searchParams.get('cursor') ?? 0);
  const end = start + Number(url.searchParams.get('limit') ?? 50);
  return {
    status: 200,
    body: { users: found.slice(start, end), next_cursor: end < found.length ? String(end) : null },
  };
}
