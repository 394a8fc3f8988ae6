import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bun, node22, node24 } from '../../../scripts/lib/server-binaries.mjs';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { findRuntimeBinary } from '../../support/server-binaries.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const client = join(root, 'packages', 'client');
const program = join(root, 'bin', 'user-service.cjs');
const running = `Node ${process.versions.node}`;

/** The program of each runtime. */
const RUNTIMES: Readonly<Record<string, () => string>> = {
  [running]: () => process.execPath,
  ...Object.fromEntries(
    [node22, node24, bun].map((runtime) => [runtime.name, () => findRuntimeBinary(runtime)]),
  ),
};

/** A deadline, not an expectation: the machine may be busy. */
const PATIENCE_MS = 100_000;

let folder = '';

beforeAll(() => {
  const directory = createTemporaryDirectory('runtimes');
  folder = installProgram(directory.path);
  return () => directory.remove();
});

/** The programs beside the package as npm installs it, without its sources, and the frameworks of its middleware. */
function installProgram(path: string): string {
  expect(existsSync(join(client, 'dist')), 'run `npm run build`').toBe(true);
  const modules = join(path, 'node_modules');
  const installed = join(modules, '@user-service', 'client');
  mkdirSync(installed, { recursive: true });
  for (const name of ['package.json', 'dist'])
    cpSync(join(client, name), join(installed, name), { recursive: true });
  for (const name of ['express', 'fastify', 'hono'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  cpSync(join(import.meta.dirname, 'program'), path, { recursive: true });
  return path;
}

/** Runs a program that has to end by itself. @returns what it printed */
async function run(binary: string, name: string): Promise<Record<string, unknown>> {
  const { PATH } = process.env;
  const child = await startProcess(binary, [join(folder, name)], {
    cwd: folder,
    env: { PATH, HOME: folder, TMPDIR: folder, PROGRAM: program },
  });
  const timer = setTimeout(child.kill, PATIENCE_MS);
  const exit = await child.exited;
  clearTimeout(timer);
  expect(exit, child.output()).toEqual({ code: 0, signal: null });
  return JSON.parse(child.stdout()) as Record<string, unknown>;
}

const GUARDED = [401, 200, 403];

/** What the program sees on every runtime. */
const SEEN = {
  calls: {
    renamed: ['Eve', 2],
    listed: ['Bo', 'Eve'],
    found: ['Bo', 'Eve'],
    names: ['Eve'],
    isOwn: true,
    isExported: true,
    events: ['user.created', 'user.updated', 'session.started'].map(
      (type) => `"type":"user-service.${type}.v1"`,
    ),
    keys: ['EdDSA'],
    problems: [
      '412 version_mismatch',
      '409 email_taken',
      '404 user_not_found',
      '401 invalid_token',
    ],
    invalid: ['/email'],
  },
  failures: {
    redirect: '302 invalid_response',
    page: '200 invalid_response',
    large: '200 invalid_response',
    cutOff: '0 network_error',
    lost: '0 network_error',
    silent: '0 deadline_exceeded',
    half: '0 deadline_exceeded',
    aborted: '0 aborted',
    abortedBefore: '0 aborted',
    nowhere: '0 network_error',
    attempts: 3,
    stream: ['text/event-stream', 'aborted'],
  },
  verification: {
    before: ['user', 'user', 'signature', 'malformed', 'unauthenticated'],
    after: ['revoked', 'user'],
    isFresh: true,
    asked: ['revoked', 'user'],
  },
  middleware: {
    http: GUARDED,
    express: GUARDED,
    fastify: GUARDED,
    hono: GUARDED,
    fetch: GUARDED,
  },
  consumer: [
    ['user.created', 1, 1],
    ['user.created', 1, 2],
    ['user.updated', 2, 1],
  ],
  copy: { filled: ['Ada', true], repaired: ['missing'], name: 'Eve' },
  webhooks: {
    statuses: [204, 204],
    received: ['user.created', 'user.disabled'],
    symmetric: 'webhook.test',
    asymmetric: 'webhook.test',
    changed: ['signature_invalid', 'signature_invalid'],
    fetch: [204, 400],
  },
  browser: {
    refused: 'invalid_credentials',
    before: ['signed_out', 401],
    signedIn: true,
    isShared: true,
    isOwn: true,
    again: 200,
    isReplaced: true,
    signedOut: true,
    after: ['signed_out', 401],
    kept: 1,
    heard: ['signed_in', 'signed_out'],
  },
  fake: {
    before: true,
    name: 'Ada',
    expired: 'expired',
    types: ['session.ended', 'session.started', 'session.started', 'user.created'],
    unavailable: 503,
  },
  real: { status: 200, isTheirs: true },
};

describe.each(Object.entries(RUNTIMES))('the client on %s', (_name, binaryOf) => {
  it('does with every entry what it does on the others', async () => {
    expect(await run(binaryOf(), 'main.mjs')).toEqual(SEEN);
  }, 120_000);

  it('keeps a program running while a token is verified, and no longer', async () => {
    const { url, reason } = await run(binaryOf(), 'alone.mjs');
    expect(reason).toBe('revocations');
    await eventually(async () => {
      await expect(fetch(`${url}/health/live`)).rejects.toThrow();
      expect(readdirSync(folder).filter((name) => name.startsWith('user-service-'))).toEqual([]);
    });
  }, 120_000);
});
