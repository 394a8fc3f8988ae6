import { afterAll, beforeAll } from 'vitest';
import type { EventPublisher } from '../../src/domain/ports.ts';
import { createJetStream } from '../../src/infrastructure/messaging/jetstream.ts';
import { connectNats } from '../../src/infrastructure/messaging/nats-connection.ts';
import { readStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { createSilentLogger } from '../support/logger.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { describeEventPublisherContract } from './event-publisher.contract.ts';

let nats: NatsServer;

beforeAll(async () => {
  nats = await startNats({ jetstream: true });
});
afterAll(() => nats.stop());

describeEventPublisherContract('the JetStream stream', async () => {
  await nats.replaceStore();
  const link = await connectNats(
    { servers: [nats.url], tls: false },
    { logger: createSilentLogger() },
  );
  const stream = createJetStream({
    link,
    settings: { name: 'USERS', replicas: 1, maxAgeMs: 3_600_000, duplicateWindowMs: 60_000 },
  });
  await eventually(() => stream.prepare());
  const requestIds = new Map<string, string>();
  const publisher: EventPublisher = {
    async publish(events) {
      for (const event of events) {
        requestIds.set(event.id, event.requestId);
        await stream.add(event);
      }
    },
  };
  return {
    publisher,
    // The id of the request stays in the database: it is nobody else's business.
    received: async () =>
      (await readStream(nats.url)).map(({ sequence, ...event }) => ({
        ...event,
        requestId: requestIds.get(event.id) ?? '',
      })),
    close: () => link.close(),
  };
});
