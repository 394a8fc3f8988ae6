import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeUserService } from '@user-service/client/testing';

const root = join(import.meta.dirname, '..', '..');
const PAGE = 'docs/use-it/protect-your-service.md';
const START_TIMEOUT_MS = 20_000;

/**
 * Runs the configuration of the page that a free nginx has modules for, with the page's verifier behind it.
 * @returns what is wrong, one line each; null when nginx is not installed
 */
export async function checkNginx(): Promise<readonly string[] | null> {
  if (spawnSync('nginx', ['-v']).status !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), 'interop-nginx-'));
  const fake = await fakeUserService();
  const backend = createServer((request, response) => {
    response.end(JSON.stringify({ user: request.headers['x-user-id'] ?? null }));
  });
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const children: ChildProcess[] = [];
  try {
    const { key } = await fake.createServiceAccount(['tokens:introspect']);
    const [port, verifierPort] = [await freePort(), await freePort()];
    const backendPort = (backend.address() as AddressInfo).port;
    const config = configuration({ folder, port, verifierPort, backendPort });
    writeFileSync(join(folder, 'nginx.conf'), config);
    const start = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'];
    const tested = spawnSync('nginx', [...start, '-t'], { encoding: 'utf8' });
    if (tested.status !== 0) return [tested.stderr];
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'verify-for-nginx.mjs'), program('verify-for-nginx.mjs'));
    const env = { ...process.env, ISSUER: fake.issuer, KEY: key, PORT: String(verifierPort) };
    children.push(
      spawn(process.execPath, [join(folder, 'verify-for-nginx.mjs')], { env, stdio: 'inherit' }),
      spawn('nginx', start, { stdio: ['ignore', 'inherit', 'ignore'] }),
    );
    const user = fake.addUser();
    const token = fake.tokenFor(user);
    const ended = fake.tokenFor(user);
    fake.endSession(ended);
    const get = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/orders`, { headers }).catch(() => null);
    await untilOk(() => get({ authorization: `Bearer ${token}` }));
    const good = await get({ authorization: `Bearer ${token}`, 'x-user-id': 'forged' });
    const anonymous = await get({ 'x-user-id': 'forged' });
    const late = await get({ authorization: `Bearer ${ended}` });
    return [
      ...unless((await good?.text()) === JSON.stringify({ user: user.id }), 'x-user-id is not sub'),
      ...unless(anonymous?.status === 401, 'a request without a token is not refused with 401'),
      ...unless(anonymous?.headers.has('www-authenticate') === true, 'there is no challenge'),
      ...unless(late?.status === 401, 'an ended session is not refused with 401'),
    ];
  } finally {
    for (const child of children) child.kill('SIGTERM');
    backend.close();
    await fake.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function unless(isRight: boolean, fault: string): string[] {
  return isRight ? [] : [fault];
}

/** The last block of the page for nginx, with ports of this machine, as a whole configuration. */
function configuration(ports: {
  readonly folder: string;
  readonly port: number;
  readonly verifierPort: number;
  readonly backendPort: number;
}): string {
  const page = readFileSync(join(root, PAGE), 'utf8');
  const blocks = [...page.matchAll(/^```nginx\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  const server = (blocks.at(-1) ?? '')
    .replace('127.0.0.1:8000', `127.0.0.1:${ports.port}`)
    .replace('127.0.0.1:3000', `127.0.0.1:${ports.backendPort}`)
    .replace('127.0.0.1:3001', `127.0.0.1:${ports.verifierPort}`);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${ports.folder}/${name};`,
  );
  return `pid ${ports.folder}/nginx.pid;
error_log stderr;
events {}
http {
access_log off;
${paths.join('\n')}
${server}}
`;
}

function program(name: string): string {
  const page = readFileSync(join(root, PAGE), 'utf8');
  const [, text] =
    new RegExp(`^\`\`\`js\\n// ${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page) ?? [];
  if (text === undefined) throw new Error(`${PAGE} has no program ${name}`);
  return text;
}

async function untilOk(attempt: () => Promise<Response | null>): Promise<void> {
  const endsAtMs = performance.now() + START_TIMEOUT_MS;
  while ((await attempt())?.ok !== true) {
    if (performance.now() > endsAtMs) throw new Error('nginx and the verifier do not answer');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
