import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSetting } from '../../test/support/config-setting.ts';
import { createRecordingLogger } from '../../test/support/logger.ts';
import { readStatementNames } from '../infrastructure/tracing/statement-names.ts';
import { createReleaseStack } from '../lib/release-stack.ts';
import { openTracing } from './tracing.ts';

const root = join(import.meta.dirname, '..');

async function open(env: Readonly<Record<string, string>>) {
  const { config } = await loadSetting({ env });
  const logger = createRecordingLogger();
  const releases = createReleaseStack();
  onTestFinished(async () => void (await releases.releaseAll()));
  const deps = { config, logger, version: '1', threadPoolSize: undefined };
  return { given: deps, traced: await openTracing(deps, releases, 'test') };
}

/** Every module and package that the program loads at start; dynamic imports are left out. */
function loadedBy(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const imports = readFileSync(path, 'utf8').matchAll(
    /^(?:import|export)\s+(?!type\b)[^;]*?from '([^']+)';|^import '([^']+)';/gms,
  );
  for (const [, from, only] of imports) {
    const specifier = from ?? only ?? '';
    if (specifier.startsWith('.')) loadedBy(join(dirname(path), specifier), seen);
    else seen.add(specifier);
  }
  return seen;
}

describe('without an endpoint', () => {
  it('the dependencies stay as they are', async () => {
    const { given, traced } = await open({});
    expect(traced.tracing).toBeNull();
    expect(traced.logger).toBe(given.logger);
  });

  it('no module of the program loads OpenTelemetry', () => {
    // The program imports the composition root when it serves.
    const modules = loadedBy(join(root, 'app/app.ts'), loadedBy(join(root, 'main.ts')));
    expect(modules).toContain(join(root, 'app/tracing.ts'));
    expect([...modules].filter((name) => name.includes('opentelemetry'))).toEqual([]);
    const tracing = [...modules].map((name) => relative(root, name));
    expect(tracing.filter((name) => name.startsWith('infrastructure/tracing/'))).toEqual([]);
  });
});

describe('with an endpoint', () => {
  it('wrapped ports keep groups and members that are not methods', async () => {
    const { given, traced } = await open({ TRACING_ENDPOINT: 'http://127.0.0.1:1' });
    expect(traced.logger).not.toBe(given.logger);
    const useCases = {
      double: (value: number) => 2 * value,
      group: { fail: (): never => raise('canary') },
      limit: 7,
    };
    const wrapped = traced.tracing?.useCases(useCases);
    expect(wrapped?.double(21)).toBe(42);
    expect(() => wrapped?.group.fail()).toThrow('canary');
    expect(wrapped?.limit).toBe(7);
  });
});

function raise(message: string): never {
  throw new Error(message);
}

describe('the names of statements', () => {
  it('are those of every query file', () => {
    const folder = join(root, 'infrastructure/database/postgres/generated');
    const declared = readdirSync(folder).flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/^export const (\w+) =/gm)].map(
        ([, query]) => query,
      ),
    );
    expect(declared.length).toBeGreaterThan(30);
    expect([...readStatementNames().values()].sort()).toEqual(declared.sort());
  });
});
