import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type HttpEventsOptions, httpEvents } from '@user-service/client/events';
import { fakeUserService, type TestUser, type TestUserFields } from '@user-service/client/testing';
import { onTestFinished } from 'vitest';

/** What the service would have sent. */
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The position that was asked for. */
  readonly after: string;
}

export type Break = (response: ServerResponse, reply: Reply) => void;

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, headers).end(body);
}

/** Sends another body, of the length that it has. */
const sends =
  (change: (body: string) => string, headers: Reply['headers'] = {}): Break =>
  (response, reply) =>
    send(response, {
      ...reply,
      headers: { ...reply.headers, ...headers },
      body: change(reply.body),
    });

/** Changes the JSON document or each JSON line. */
export const changes = (change: (line: Record<string, unknown>) => unknown): Break =>
  sends((body) =>
    body
      .split('\n')
      .map((line) => (line === '' ? '' : JSON.stringify(change(JSON.parse(line)))))
      .join('\n'),
  );

/** Breaks of any response. */
export const BREAKS: Readonly<Record<string, Break>> = {
  'closes the connection without a response': (response) => response.destroy(),
  'sends the page of a proxy': sends(() => '<html>Welcome</html>', { 'content-type': 'text/html' }),
  'sends the error page of a proxy': (response) => {
    response.writeHead(521).end('<html>down</html>');
  },
  'is away for a while': (response) => response.writeHead(503, { 'retry-after': '0' }).end(),
  'redirects to another server': (response) =>
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'sends nothing': sends(() => ''),
  'sends other JSON': sends(() => '{"hello":"world"}\n[]\nnull\n7\n', { link: '' }),
  'sends bytes that are not UTF-8': (response, { status, headers, body }) => {
    const bytes = Buffer.from(body);
    bytes[bytes.indexOf('"id":"') + 6] = 0xff;
    response.writeHead(status, headers).end(bytes);
  },
  'restarts in the middle of a line': (response, { status, headers, body }) => {
    response.writeHead(status, headers).write(body.slice(0, Math.floor(body.length / 2)));
    setTimeout(() => response.destroy(), 5);
  },
  'ends before its last line': sends((body) => body.replace(/[^\n]*\n?$/, '')),
  'ends in the middle of a line': sends((body) => body.slice(0, Math.floor(body.length / 2))),
};

/** Breaks of one path. */
export const BREAKS_OF_PATH: readonly (readonly [path: string, name: string, brk: Break])[] = [
  [
    'export',
    'has its last line first',
    sends((body) => {
      const lines = body.trimEnd().split('\n');
      return [lines.pop(), ...lines, ''].join('\n');
    }),
  ],
  ['export', 'has a user twice', sends((body) => `${body.split('\n')[0]}\n${body}`)],
  ['export', 'has a line that is not a user', sends((body) => `{"id":7}\n${body}`)],
  ['export', 'lacks an id', changes(({ id: _id, ...user }) => user)],
  ['export', 'lacks versions', changes(({ version: _version, ...user }) => user)],
  [
    'export',
    'has an id of another form',
    changes(({ id, ...user }) => ({ id: id && '7', ...user })),
  ],
  ['batch', 'has no users', sends(() => '{"users":[],"missing":[]}')],
  ['batch', 'does not say who is missing', sends(() => '{"users":[]}')],
  ['batch', 'has users without versions', sends(() => '{"users":[{"id":"7"}],"missing":[]}')],
  [
    'batch',
    'has other users',
    sends((body) => body.replace(/"id":"[^"]*/g, '"id":"0198c0de-0000-7000-8000-000000000000')),
  ],
  ['events', 'leads nowhere', sends((body) => body, { link: '<>; rel="next"' })],
];

/** A page that leads to itself. */
export const leadsToItself: Break = (response, { headers, ...reply }) => {
  const link = headers.link?.replace(/after=[^&>]*/, `after=${reply.after}`) ?? '';
  send(response, { ...reply, headers: { ...headers, link } });
};

/**
 * A service behind a server that breaks the next response to a path, by the last word of that; `idle` is a page of
 * `events` without an event.
 */
export async function startBroken() {
  const service = await fakeUserService();
  onTestFinished(() => service.stop());
  const breaks = new Map<string, Break>();
  const requests: string[] = [];
  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://broken');
    const path = pathname.split('/').at(-1) ?? '';
    requests.push(path);
    let body = '';
    for await (const chunk of request) body += chunk;
    const { authorization = '' } = request.headers;
    const found = await fetch(service.url + request.url, {
      ...{ method: request.method ?? 'GET', headers: { authorization } },
      ...(body === '' ? {} : { body }),
    });
    const right: Reply = {
      ...{ status: found.status, headers: headersOf(found), body: await found.text() },
      after: searchParams.get('after') ?? '',
    };
    const name = path === 'events' && !right.body.includes('"subject"') ? 'idle' : path;
    const brk = breaks.get(name) ?? send;
    breaks.delete(name);
    brk(response, right);
  }
  const server = createServer((request, response) => {
    // The test is over when the service is not there any more.
    reply(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const { key } = await service.createServiceAccount();
  const people = new Map<string, TestUser>();
  const keep = (user: TestUser) => {
    people.set(user.id, user);
    return user;
  };
  return {
    ...{ breaks, requests, people },
    add: () => keep(service.addUser()),
    update: (id: string, fields: TestUserFields) => keep(service.updateUser(id, fields)),
    source: (options: Pick<HttpEventsOptions, 'positions'> = {}) =>
      httpEvents({ url: `http://127.0.0.1:${port}`, key, waitMs: 200, ...options }),
  };
}

function headersOf({ headers }: Response): Record<string, string> {
  const names = ['content-type', 'link', 'retry-after'];
  return Object.fromEntries(names.flatMap((name) => [[name, headers.get(name) ?? '']]));
}

export type Broken = Awaited<ReturnType<typeof startBroken>>;
