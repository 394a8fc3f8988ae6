import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { createPlainRequestLog } from '../../../src/infrastructure/logging/plain-request-log.ts';
import { formatRfc3339 } from '../../../src/infrastructure/system/clock.ts';
import { createUuidV7Generator } from '../../../src/infrastructure/system/ids.ts';
import {
  createHttpServer,
  type HttpDeps,
  type HttpSettings,
} from '../../../src/interfaces/http/server/server.ts';
import { createRecordingLogger, type LogLine } from '../../support/logger.ts';
import { createFakeUseCases, type ReplacedUseCases } from './fake-use-cases.ts';

const testSettings: HttpSettings = {
  publicUrl: 'http://127.0.0.1:8080',
  trustedProxies: [],
  corsOrigins: [],
  corsAllowedHeaders: [],
  corsExposedHeaders: [],
  sessionCookieName: null,
  issuer: 'http://127.0.0.1:8080',
  clientId: 'first-party',
  audience: ['user-service'],
  jwksMaxAgeMs: 300_000,
  requestTimeoutMs: 15_000,
  requestDeadlineMs: 5_000,
  headersTimeoutMs: 10_000,
  maxConnections: 1_000,
  maxConnectionsPerAddress: 512,
  managementSeparate: false,
  events: { page: 1_000, waitMs: 25_000, maxDurationMs: 900_000 },
  revocations: { waitMs: 25_000 },
  version: '0.0.0',
};

export interface TestServerOptions {
  readonly useCases?: ReplacedUseCases;
  readonly settings?: Partial<HttpSettings>;
  readonly deps?: Partial<HttpDeps>;
}

/** Fake dependencies and their log lines. */
export function createTestDeps(options: TestServerOptions = {}) {
  const logger = createRecordingLogger();
  const deps: HttpDeps = {
    useCases: createFakeUseCases(options.useCases),
    logger,
    requestLog: createPlainRequestLog(options.deps?.logger ?? logger),
    formatTime: formatRfc3339,
    ids: createUuidV7Generator(),
    settings: { ...testSettings, ...options.settings },
    isDraining: () => false,
    ...options.deps,
  };
  return { deps, lines: logger.lines };
}

/** Creates a server with fake dependencies for injection. It closes after the test. */
export async function createTestServer(
  options: TestServerOptions = {},
): Promise<{ server: FastifyInstance; lines: readonly LogLine[] }> {
  const { deps, lines } = createTestDeps(options);
  const server = await createHttpServer(deps);
  onTestFinished(() => server.close());
  return { server, lines };
}
