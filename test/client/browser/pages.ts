import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { eventually } from '../../support/eventually.ts';

/**
 * What happens to a request on its way to the service: it gets through; it is not sent on; its response is held until
 * `release`; its response is lost; or the proxy answers with a status of its own.
 */
type Fate = 'pass' | 'stall' | 'hold' | 'lose' | number;

/** The page and the service behind one server, which can disturb the way to the service. */
export interface Pages {
  readonly port: number;
  /** Decides for each request to the service, by its path; `pass` by default. */
  fate: (path: string) => Fate;
  /** Lets all held responses go. */
  release(): void;
  /** How many requests with this path came. */
  count(path: string): number;
  /** Waits until a response is held. */
  held(): Promise<void>;
  /** Connects it with the service, once its port is known. */
  target: number;
  /** Modules beside `/session.js`, by path. */
  readonly modules: Map<string, string>;
  close(): Promise<void>;
}

/** `window.session` by the query: `mode`, `url` of the service, `locks=none`. `window.ahead` moves its clock. */
const PAGE = `<!doctype html><title>app</title><script type="module">
import { createBrowserSession } from '/session.js';
const query = new URLSearchParams(location.search);
if (query.get('locks') === 'none') Object.defineProperty(navigator, 'locks', { value: undefined });
window.ahead = 0;
window.seen = [];
window.session = createBrowserSession({
  url: query.get('url') ?? '/auth',
  mode: query.get('mode') ?? 'cookie',
  now: () => Date.now() + window.ahead,
});
session.onChange(({ status }) => seen.push(status));
</script>`;

/** Bundles a module for a browser: an import of a Node.js module fails. */
export async function bundleModule(contents: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ bundle: true, write: false, format: 'esm', target: 'es2022', platform: 'browser' },
    stdin: { contents, resolveDir: import.meta.dirname },
  });
  return outputFiles[0]?.text ?? '';
}

export interface CertificateText {
  readonly cert: string;
  readonly key: string;
}

/** Serves the page on every host but those that begin with `id.`, which are the service, as is the path `/auth`. */
export async function servePages(certificate?: CertificateText): Promise<Pages> {
  const modules = new Map([
    ['/session.js', await bundleModule(`export * from '@user-service/client/browser'`)],
  ]);
  const counts = new Map<string, number>();
  const waiting: (() => void)[] = [];

  const answer = (req: IncomingMessage, res: ServerResponse): void => {
    const { host = '', ...headers } = req.headers;
    const url = req.url ?? '/';
    const path = host.startsWith('id.') ? url : /^\/auth(\/.*)$/.exec(url)?.[1];
    if (path !== undefined) toService(path, { ...headers, host }, req, res);
    else if (modules.has(url)) {
      res.setHeader('content-type', 'text/javascript').end(modules.get(url));
    } else res.setHeader('content-type', 'text/html').end(PAGE);
  };

  function toService(
    path: string,
    headers: IncomingMessage['headers'],
    req: IncomingMessage,
    res: ServerResponse,
  ): void {
    counts.set(path, (counts.get(path) ?? 0) + 1);
    const fate = req.method === 'OPTIONS' ? 'pass' : pages.fate(path);
    if (fate === 'stall') return;
    if (typeof fate === 'number') {
      res.writeHead(fate, { 'content-type': 'text/html', 'retry-after': '2' }).end('<h1>proxy');
      return;
    }
    const onward = request(
      { host: '127.0.0.1', port: pages.target, method: req.method, path, headers },
      (from) => {
        const deliver = (): void => {
          res.writeHead(from.statusCode ?? 502, from.headers);
          from.pipe(res);
        };
        if (fate === 'lose') res.destroy();
        else if (fate === 'hold') waiting.push(deliver);
        else deliver();
      },
    );
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  }

  const server =
    certificate === undefined ? createServer(answer) : createTlsServer(certificate, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const pages: Pages = {
    port: (server.address() as AddressInfo).port,
    target: 0,
    modules,
    fate: () => 'pass',
    release: () => {
      for (const deliver of waiting.splice(0)) deliver();
    },
    count: (path) => counts.get(path) ?? 0,
    held: () =>
      eventually(() => {
        if (waiting.length === 0) throw new Error('no response is held');
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return pages;
}
