import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { type App, createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Logger } from '../../src/domain/ports.ts';
import { createSilentLogger } from './logger.ts';
import type { ConnectionOptions } from './postgres-server.ts';
import { createTestDatabase } from './test-database.ts';

/** The databases that a whole service can run on; suites over the API run on each of them. */
export const APP_DATABASES = ['embedded', 'postgres'] as const;

/** One of them. */
export type AppDatabase = (typeof APP_DATABASES)[number];

/** How to build a service for a test. */
export interface TestAppOptions {
  readonly database: AppDatabase;
  /** Environment variables of the service, over those that the database needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing database rather than one of its own: for several instances on one. */
  readonly connection?: ConnectionOptions;
  readonly logger?: Logger;
}

/** A key for `security.master_key`, new for each call. */
export function createMasterKey(): string {
  return randomBytes(32).toString('base64');
}

/** Environment of a service on a test server's database. */
export function postgresEnvironment(connection: ConnectionOptions): Record<string, string> {
  return {
    DATABASE_HOST: connection.host,
    DATABASE_PORT: String(connection.port),
    DATABASE_USER: connection.user,
    DATABASE_PASSWORD: connection.password,
    DATABASE_NAME: connection.database,
  };
}

/**
 * Builds a whole service through the composition root of production, not listening. On the embedded database it lives
 * in memory. The caller stops it.
 */
export async function createTestApp(options: TestAppOptions): Promise<App> {
  const { database, logger = createSilentLogger() } = options;
  const connection =
    database === 'postgres'
      ? (options.connection ?? (await createTestDatabase()).connectionOptions)
      : null;
  const { config } = await loadConfig({
    env: {
      SERVER_PORT: '0',
      MAIL_PATH: join(tmpdir(), `user-service-mail-${process.pid}`),
      SERVER_PUBLIC_URL: 'http://service.test',
      SECURITY_MASTER_KEY: createMasterKey(),
      ...(connection === null ? {} : postgresEnvironment(connection)),
      ...options.env,
    },
    // Nowhere: no config.yaml is found, and a service in memory or on a server writes no file.
    cwd: '/nonexistent/user-service',
  });
  return await createApp({
    config,
    logger,
    version: '0.0.0-test',
    threadPoolSize: '64',
    ...(database === 'embedded' ? { inMemoryTemplate: inject('embeddedTemplate') } : {}),
  });
}

/** As `createTestApp`; stopped when the test that calls it has finished. */
export async function useTestApp(options: TestAppOptions): Promise<App> {
  const app = await createTestApp(options);
  onTestFinished(async () => void (await app.stop()));
  return app;
}
