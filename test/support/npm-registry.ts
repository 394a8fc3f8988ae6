import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface LockedPackage {
  readonly version: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

/** The packages of `package-lock.json` by their path. */
export function lockedPackages(): ReadonlyMap<string, LockedPackage> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  return new Map(Object.entries(packages).filter(([path]) => path.startsWith('node_modules/')));
}

/**
 * Starts a registry for npm on the loopback address, until the end of the test. It has each package of the lock file that
 * is no development dependency: in the locked version, packed from `node_modules`, and in a newer version that cannot be
 * downloaded. Packages for other platforms have no files.
 *
 * @returns its URL
 */
export async function startNpmRegistry(): Promise<string> {
  const locked = new Map(
    [...lockedPackages()]
      .filter(([, { dev, link }]) => dev !== true && link !== true)
      .map(([path, entry]) => [path.slice('node_modules/'.length), entry]),
  );
  const server = createServer(async (request, response) => {
    const [name = '', file] = decodeURIComponent(request.url ?? '')
      .slice(1)
      .split('/-/');
    const entry = locked.get(name);
    if (entry === undefined) {
      response.writeHead(404).end('{}');
    } else if (file === undefined) {
      response.end(JSON.stringify(await describePackage(name, entry, url())));
    } else {
      response.end(await pack(name));
    }
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return url();
}

async function describePackage(name: string, entry: LockedPackage, url: string): Promise<unknown> {
  const manifest = join(root, 'node_modules', name, 'package.json');
  const isInstalled = existsSync(manifest);
  const description = isInstalled ? JSON.parse(readFileSync(manifest, 'utf8')) : { ...entry, name };
  const integrity = isInstalled
    ? `sha512-${createHash('sha512')
        .update(await pack(name))
        .digest('base64')}`
    : undefined;
  const newer = entry.version.replace(/\d+$/, '999');
  return {
    name,
    'dist-tags': { latest: newer },
    versions: {
      [entry.version]: { ...description, dist: { tarball: `${url}/${name}/-/a.tgz`, integrity } },
      [newer]: { ...description, version: newer, dist: { tarball: `${url}/none/-/a.tgz` } },
    },
  };
}

const packed = new Map<string, Promise<Buffer>>();

/** The files of an installed package, as npm would download them. */
function pack(name: string): Promise<Buffer> {
  const known = packed.get(name);
  if (known !== undefined) return known;
  const bytes = create(
    {
      cwd: join(root, 'node_modules', name),
      prefix: 'package',
      gzip: { level: 1 },
      portable: true,
    },
    ['.'],
  ).concat();
  packed.set(name, bytes);
  return bytes;
}
