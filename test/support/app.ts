import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { type App, createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Logger, RequestLog } from '../../src/domain/ports.ts';
import { createSilentLogger } from './logger.ts';
import type { ConnectionOptions } from './postgres-server.ts';
import { createTestDatabase } from './test-database.ts';

/** The databases that the service can run on; suites over the API run on each of them. */
export const APP_DATABASES = ['embedded', 'postgres'] as const;

export type AppDatabase = (typeof APP_DATABASES)[number];

export interface TestAppOptions {
  readonly database: AppDatabase;
  /** Environment variables of the service; they win over those of the database. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing database instead of a new one: for several instances on one database. */
  readonly connection?: ConnectionOptions;
  readonly logger?: Logger;
  readonly requestLog?: RequestLog;
  /** `configured` hashes passwords as in production; by default a hash takes next to no time. */
  readonly hashing?: 'light' | 'configured';
}

/** Weaker than a configuration may be: a run hashes thousands of passwords in suites that are not about hashing. */
const LIGHT_HASHING = { memoryKib: 64, iterations: 1, parallelism: 1 };

/** Creates a random `security.master_key`. */
export function createMasterKey(): string {
  return randomBytes(32).toString('base64');
}

/**
 * The environment of a service on a database of the test server. A connection may take seconds while other suites keep
 * the machine busy; suites about that wait set their own.
 */
export function postgresEnvironment(connection: ConnectionOptions): Record<string, string> {
  return {
    DATABASE_CONNECT_TIMEOUT: '30s',
    DATABASE_HOST: connection.host,
    DATABASE_PORT: String(connection.port),
    DATABASE_USER: connection.user,
    DATABASE_PASSWORD: connection.password,
    DATABASE_NAME: connection.database,
  };
}

/**
 * Builds a whole service through the composition root of production; it does not listen. The embedded database is in
 * memory. The caller stops the service.
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
      SERVER_SHUTDOWN_DELAY: '0s',
      MAIL_PATH: join(tmpdir(), `user-service-mail-${process.pid}`),
      SERVER_PUBLIC_URL: 'http://service.test',
      // Suites that are not about limits send more than one client may.
      LIMITS_ENABLED: 'false',
      SECURITY_MASTER_KEY: createMasterKey(),
      ...(connection === null ? {} : postgresEnvironment(connection)),
      ...options.env,
    },
    // A folder that does not exist: there is no config.yaml, and the service writes no file here.
    cwd: '/nonexistent/user-service',
  });
  const argon2 = options.hashing === 'configured' ? config.password.argon2 : LIGHT_HASHING;
  return await createApp({
    config: { ...config, password: { ...config.password, argon2 } },
    logger,
    ...(options.requestLog === undefined ? {} : { requestLog: options.requestLog }),
    version: '0.0.0-test',
    threadPoolSize: '64',
    ...(database === 'embedded' ? { inMemoryTemplate: inject('embeddedTemplate') } : {}),
  });
}

/** As `createTestApp`; stops the service after the test. */
export async function useTestApp(options: TestAppOptions): Promise<App> {
  const app = await createTestApp(options);
  onTestFinished(async () => void (await app.stop()));
  return app;
}
