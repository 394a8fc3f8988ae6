import { afterAll, beforeAll } from 'vitest';
import type { EventStream } from '../../src/domain/outbox/event-stream.ts';
import { createJetStream } from '../../src/infrastructure/messaging/jetstream.ts';
import { connectNats } from '../../src/infrastructure/messaging/nats-connection.ts';
import { monotonicMs } from '../../src/infrastructure/system/monotonic.ts';
import { readStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { createSilentLogger } from '../support/logger.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { describeEventStreamContract } from './event-stream.contract.ts';

let nats: NatsServer;

beforeAll(async () => {
  nats = await startNats({ jetstream: true });
});
afterAll(() => nats.stop());

describeEventStreamContract('the JetStream stream', async () => {
  await nats.replaceStore();
  const link = await connectNats(
    { servers: [nats.url], tls: false },
    { logger: createSilentLogger() },
  );
  const jetStream = createJetStream({
    link,
    monotonicMs,
    settings: { name: 'USERS', replicas: 1, maxAgeMs: 3_600_000, duplicateWindowMs: 60_000 },
  });
  await eventually(() => jetStream.prepare());
  const requestIds = new Map<string, string>();
  const stream: Pick<EventStream, 'add'> = {
    add(event, previousId) {
      requestIds.set(event.id, event.requestId);
      return jetStream.add(event, previousId);
    },
  };
  return {
    stream,
    // Request ids stay in the database and are not published; the test adds them back.
    received: async () =>
      (await readStream(nats.url)).map(({ sequence, ...event }) => ({
        ...event,
        requestId: requestIds.get(event.id) ?? '',
      })),
    close: () => link.close(),
  };
});
