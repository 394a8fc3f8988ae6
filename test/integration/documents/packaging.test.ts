import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { variables } from '../../../src/config/environment-source.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createMasterKey } from '../../support/app.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
const compose = parse(readFileSync(join(root, 'compose.yaml'), 'utf8')) as {
  services: Record<
    string,
    {
      image?: string;
      build?: string;
      environment?: Record<string, string>;
      depends_on?: Record<string, unknown>;
      stop_grace_period?: string;
      ports?: string[];
      volumes?: string[];
    }
  >;
  volumes: Record<string, unknown>;
};
const service = compose.services['user-service'];
const known = new Set(variables.map(({ name }) => name));

/** Variables that Node.js reads rather than the service. */
const OF_NODE = new Set(['NODE_ENV']);

describe('the image', () => {
  it('sets only variables that are read', () => {
    const names = instructions('ENV').flatMap((text) =>
      [...text.matchAll(/(\w+)=/g)].map(([, name = '']) => name),
    );
    expect(names).toContain('DATABASE_PATH');
    expect(names.filter((name) => !known.has(name) && !OF_NODE.has(name))).toEqual([]);
  });

  it('copies only what is there, and nothing that is kept out of its context', () => {
    const sources = instructions('COPY')
      .filter((text) => !text.startsWith('--from='))
      .flatMap((text) => text.split(/\s+/).slice(0, -1));
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const allowed = ignoreFile()
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(allowed.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const isAllowed = (path: string) =>
      path === '.' || allowed.some((name) => path === name || path.startsWith(`${name}/`));
    expect(sources.filter((path) => !isAllowed(path))).toEqual([]);
  });

  it('keeps secrets, data and installed packages out of its context', () => {
    // Everything is left out that is not let in by name.
    expect(ignoreFile()[0]).toBe('*');
    for (const path of ['.env', 'data', 'node_modules', '.git', 'config.yaml']) {
      expect(ignoreFile()).not.toContain(`!${path}`);
    }
  });

  it('runs on Node 24 as an ordinary user, asks for its health, and ends by SIGTERM', () => {
    expect(instructions('FROM')).toEqual(['node:24-slim AS build', 'node:24-slim']);
    expect(instructions('USER')).toEqual(['node']);
    expect(instructions('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(instructions('HEALTHCHECK')).toEqual([
      expect.stringContaining('CMD ["user-service", "health"]'),
    ]);
  });

  it('puts everything that is written into its volume', async () => {
    const env = Object.fromEntries(
      instructions('ENV').flatMap((text) =>
        [...text.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
      ),
    );
    const { config } = await loadConfig({ env, cwd: '/nonexistent' });
    expect(instructions('VOLUME')).toEqual(['/data']);
    expect(config.database.path).toMatch(/^\/data\//);
    expect(config.mail.path).toMatch(/^\/data\//);
    expect(instructions('EXPOSE')).toEqual([String(config.server.port)]);
  });
});

describe('the compose file', () => {
  it('gives the service a configuration without faults, on real servers throughout', async () => {
    const environment = Object.fromEntries(
      Object.entries(service?.environment ?? {}).map(([name, value]) => [
        name,
        value.replace(/\$\{(\w+)[^}]*\}/, (_, variable: string) =>
          variable === 'SECURITY_MASTER_KEY' ? createMasterKey() : 'secret',
        ),
      ]),
    );
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
    const { config, warnings } = await loadConfig({ env: environment, cwd: '/nonexistent' });
    // Its servers are on the same machine, in a network of their own.
    expect(
      warnings.filter(
        (warning) => !warning.includes('unencrypted') && !warning.includes('not encrypted'),
      ),
    ).toEqual([]);
    expect([
      config.database.driver,
      config.redis.driver,
      config.nats.driver,
      config.mail.driver,
    ]).toEqual(['postgres', 'redis', 'nats', 'smtp']);
    const graceSeconds = Number(service?.stop_grace_period?.replace('s', ''));
    expect(graceSeconds * 1_000).toBeGreaterThan(config.server.shutdownTimeoutMs);
  });

  it('starts every server that the service is told to use', () => {
    const text = JSON.stringify(service?.environment);
    const servers = Object.keys(compose.services).filter((name) => name !== 'user-service');
    for (const name of servers) expect(text).toContain(name);
    expect(Object.keys(service?.depends_on ?? {}).sort()).toEqual(servers.sort());
  });

  it('declares the volumes it uses, and opens ports on this machine only', () => {
    const all = Object.values(compose.services);
    const used = all.flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0]));
    expect(used.sort()).toEqual(Object.keys(compose.volumes).sort());
    for (const port of all.flatMap(({ ports = [] }) => ports)) {
      expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });
});

/** The arguments of an instruction, each time it occurs. */
function instructions(name: string): string[] {
  return [...dockerfile.matchAll(new RegExp(`^${name} +(.+)$`, 'gm'))].map(([, text = '']) => text);
}

function ignoreFile(): string[] {
  return readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}
