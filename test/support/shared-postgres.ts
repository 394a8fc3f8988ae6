import type { TestProject } from 'vitest/node';
import { prepareCluster } from './initdb.ts';
import { type ConnectionOptions, type PostgresServer, startPostgres } from './postgres-server.ts';
import { prepareTemplate } from './template-database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's connection to the server that all test files of a run share. */
    postgres: ConnectionOptions;
  }
}

interface SharedServer {
  readonly server: Promise<PostgresServer>;
  readonly stop: () => Promise<void>;
  users: number;
}

/** Every project loads this module again, so shared state is stored on `globalThis`. */
const slot = globalThis as { [key: symbol]: SharedServer | undefined };
const key = Symbol.for('user-service.test.postgres');

/**
 * Global setup of projects that need PostgreSQL. The first project of a run starts the server and migrates its template
 * database, each gets its connection options, and the last one stops it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = slot[key] ?? startShared();
  slot[key] = shared;
  shared.users += 1;
  const leave = async (): Promise<void> => {
    shared.users -= 1;
    if (shared.users > 0) return;
    slot[key] = undefined;
    await shared.stop();
  };
  try {
    project.provide('postgres', (await shared.server).connectionOptions);
    return leave;
  } catch (error) {
    await leave();
    throw error;
  }
}

function startShared(): SharedServer {
  const started: { stop: () => Promise<void> }[] = [];
  const start = async (): Promise<PostgresServer> => {
    const cluster = await prepareCluster();
    started.push({ stop: cluster.remove });
    const server = await startPostgres();
    started.push(server);
    await prepareTemplate(server);
    return server;
  };
  return {
    users: 0,
    server: start(),
    async stop() {
      for (const resource of started.reverse()) await resource.stop();
    },
  };
}
