// Serves the page, and the browser entry of the client beside it: there is no bundler.
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { USERS_URL: url, PORT = '3000' } = process.env;
const page = dirname(fileURLToPath(import.meta.url));
const client = dirname(fileURLToPath(import.meta.resolve('@user-service/client/browser')));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };
const CONTENT_SECURITY_POLICY = `default-src 'self'; connect-src 'self' ${url}; frame-ancestors 'none'`;

/** The file of a path; undefined for a path that the page does not use. */
function fileOf(path) {
  if (path === '/') return join(page, 'index.html');
  if (path === '/app.js') return join(page, 'app.js');
  const [, name] = /^\/client\/((?:[a-z-]+\/)*[a-z-]+\.js)$/.exec(path) ?? [];
  return name && join(client, name);
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://page');
  response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
  if (pathname === '/settings.json') return response.end(JSON.stringify({ url }));
  const file = fileOf(pathname);
  if (file === undefined) return response.writeHead(404).end();
  createReadStream(file)
    .once('error', () => response.writeHead(404).end())
    .once('open', () => response.setHeader('content-type', TYPES[extname(file)]))
    .pipe(response);
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`page at http://127.0.0.1:${server.address().port}`));
