import { onTestFinished } from 'vitest';
import type { RequestLog } from '../../../src/domain/ports.ts';
import { createPlainRequestLog } from '../../../src/infrastructure/logging/plain-request-log.ts';
import {
  connectNats,
  type NatsSettings,
} from '../../../src/infrastructure/messaging/nats-connection.ts';
import { formatRfc3339 } from '../../../src/infrastructure/system/clock.ts';
import { createUuidV7Generator } from '../../../src/infrastructure/system/ids.ts';
import { monotonicMs } from '../../../src/infrastructure/system/monotonic.ts';
import type { NatsLink } from '../../../src/interfaces/nats/nats-link.ts';
import {
  createNatsService,
  type NatsService,
  type NatsServiceSettings,
} from '../../../src/interfaces/nats/service.ts';
import { createFakeUseCases, type ReplacedUseCases } from '../../http/support/fake-use-cases.ts';
import { createRecordingLogger, type LogLine } from '../../support/logger.ts';
import { type NatsOptions, type NatsServer, startNats } from '../../support/nats-server.ts';

export interface InstanceOptions {
  readonly useCases?: ReplacedUseCases;
  readonly settings?: Partial<NatsServiceSettings>;
  readonly connection?: Partial<NatsSettings>;
  readonly requestLog?: (link: NatsLink) => RequestLog;
}

/** One instance of the service with fake use cases. */
export interface Instance extends NatsService {
  readonly instanceId: string;
  readonly lines: readonly LogLine[];
}

/** Starts a NATS server for one test. */
export async function useNats(options: NatsOptions = {}): Promise<NatsServer> {
  const server = await startNats(options);
  onTestFinished(() => server.stop());
  return server;
}

/** Starts an instance that stops after the test. The NATS server may be unreachable. */
export async function startInstance(url: string, options: InstanceOptions = {}): Promise<Instance> {
  const logger = createRecordingLogger();
  const instanceId = createUuidV7Generator().next();
  const link = await connectNats({ servers: [url], tls: false, ...options.connection }, { logger });
  const service = createNatsService({
    link,
    useCases: createFakeUseCases(options.useCases),
    logger,
    requestLog: options.requestLog?.(link) ?? createPlainRequestLog(logger),
    ids: createUuidV7Generator(),
    formatTime: formatRfc3339,
    monotonicMs,
    instanceId,
    settings: {
      version: '1.2.3',
      requestTimeoutMs: 5_000,
      issuer: 'http://127.0.0.1:8080',
      inboxPrefixes: ['_INBOX'],
      ownInboxPrefix: options.connection?.inboxPrefix ?? '_INBOX',
      ...options.settings,
    },
  });
  let stopping: Promise<void> | undefined;
  // In the order of production: a response that is not handed to the connection by then is lost.
  const stop = (): Promise<void> => {
    stopping ??= service.stop().then(() => link.close());
    return stopping;
  };
  onTestFinished(stop);
  return { instanceId, lines: logger.lines, stop };
}
