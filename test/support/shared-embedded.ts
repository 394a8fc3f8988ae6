import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEngine } from '../../src/infrastructure/database/embedded/engine.ts';
import {
  dropTemplates,
  migrateEngine,
} from '../../src/infrastructure/database/embedded/template.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from './temp-directory.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of a tar that contains a migrated, empty data directory of the embedded database. */
    embeddedTemplate: string;
  }
}

interface SharedTemplate {
  readonly directory: TemporaryDirectory;
  readonly path: Promise<string>;
  users: number;
}

/** Every project loads this module again, so shared state is stored on `globalThis`. */
const slot = globalThis as { [key: symbol]: SharedTemplate | undefined };
const key = Symbol.for('user-service.test.embedded-template');

/** Global setup of projects that use the embedded database: creating a cluster takes seconds, copying one does not. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = slot[key] ?? prepare();
  slot[key] = shared;
  shared.users += 1;
  const leave = async (): Promise<void> => {
    shared.users -= 1;
    if (shared.users > 0) return;
    slot[key] = undefined;
    await shared.directory.remove();
  };
  try {
    project.provide('embeddedTemplate', await shared.path);
    return leave;
  } catch (error) {
    await leave();
    throw error;
  }
}

function prepare(): SharedTemplate {
  const directory = createTemporaryDirectory('embedded');
  const write = async (): Promise<string> => {
    // Not compressed, since many engines of a run start from it.
    const path = join(directory.path, 'template.tar');
    const engine = await startEngine({ memory: true });
    try {
      await migrateEngine(engine);
      await dropTemplates(engine);
      await engine.exec('checkpoint');
      const dump = await engine.dumpDataDir('none');
      await writeFile(path, Buffer.from(await dump.arrayBuffer()));
    } finally {
      await engine.close();
    }
    return path;
  };
  return { directory, path: write(), users: 0 };
}
