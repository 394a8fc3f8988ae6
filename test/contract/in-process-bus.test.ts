import type { RecordedEvent } from '../../src/domain/events.ts';
import { createPinoLogger } from '../../src/infrastructure/logging/pino-logger.ts';
import { createInProcessBus } from '../../src/infrastructure/messaging/in-process.ts';
import { describeEventPublisherContract } from './event-publisher.contract.ts';

describeEventPublisherContract('the in-process bus', async () => {
  const logger = createPinoLogger({
    level: 'error',
    format: 'json',
    destination: { write: () => true },
  });
  const bus = createInProcessBus({ logger });
  const received: RecordedEvent[] = [];
  bus.subscribe((event) => void received.push(event));
  return { publisher: bus, received: async () => received, close: () => bus.close() };
});
