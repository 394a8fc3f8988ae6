import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from './bundle.ts';

describe('the bundle of the program', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  const outputs = new Map<string, Metafile['outputs'][string]>();

  beforeAll(async () => {
    for (const metafile of await bundleProgram(directory)) {
      for (const [path, output] of Object.entries(metafile.outputs)) {
        outputs.set(basename(path), output);
      }
    }
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** The sources that Node.js reads when it loads these files, without what is imported on demand. */
  function loadedBy(...files: readonly string[]): readonly string[] {
    const seen = new Set(files);
    for (const file of seen) {
      for (const { path, kind } of outputs.get(file)?.imports ?? []) {
        if (kind === 'import-statement') seen.add(basename(path));
      }
    }
    return [...seen].flatMap((file) => Object.keys(outputs.get(file)?.inputs ?? {}));
  }

  function outputOf(entry: string): string {
    const found = [...outputs].find(([, { entryPoint }]) => entryPoint === entry);
    if (found === undefined) throw new Error(`${entry} has no file of its own`);
    return found[0];
  }

  it('starts the service without the other commands and the tables of seldom called packages', () => {
    const loaded = loadedBy('main.js', outputOf('src/app/app.ts'));
    expect(loaded).toContain('src/application/users/register-user.ts');
    const unwanted =
      /node_modules\/(commander|cli-progress|undici|tr46|libphonenumber)|cli\/(program|users)/;
    expect(loaded.filter((path) => unwanted.test(path))).toEqual([]);
  });

  it('answers `--version` without the modules of the service', () => {
    const loaded = loadedBy('main.js', outputOf('src/interfaces/cli/program.ts'));
    expect(loaded).toContain('src/interfaces/cli/program.ts');
    expect(loaded.filter((path) => /fastify|ioredis|@nats-io|\/pg\/|ajv/.test(path))).toEqual([]);
  });

  it('keeps the tables in files of their own', () => {
    expect([...outputs.keys()]).toEqual(
      expect.arrayContaining(['tr46.cjs', 'libphonenumber-js-max.cjs']),
    );
  });
});
