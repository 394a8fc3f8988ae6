import type { RecordedEvent } from '../../domain/events.ts';
import type { EventPublisher, HealthCheck, Logger } from '../../domain/ports.ts';
import { withDeadline } from '../../lib/deadline.ts';

/** Reacts to one event; may be slow, and may fail without consequence for others. */
export type EventHandler = (event: RecordedEvent) => Promise<void> | void;

/** Carries events to handlers in this process. */
export interface InProcessBus extends EventPublisher {
  /** Adds a handler for later events. @returns the function that removes it. @throws Error at the bound. */
  subscribe(handler: EventHandler): () => void;
  /** Refuses further events and waits for those taken. */
  close(): Promise<void>;
  stats(): { readonly handlers: number; readonly waiting: number; readonly closed: boolean };
}

/** Longest that one handler may take for one event, in milliseconds; then the next one gets it. */
const HANDLER_TIMEOUT_MS = 30_000;
/** Calls of `publish` that may be under way together. */
const MAX_WAITING = 1_000;
const MAX_HANDLERS = 100;

/**
 * A bus inside this process: every handler gets every event once, in the order of publishing, one at a time. A failing
 * or hanging handler is logged and stops neither the events nor the others. What is not delivered when the process
 * ends stays in the outbox. A handler must not wait for a `publish` of its own: its turn comes after itself.
 */
export function createInProcessBus(deps: {
  readonly logger: Logger;
  readonly handlerTimeoutMs?: number;
}): InProcessBus {
  const { logger, handlerTimeoutMs = HANDLER_TIMEOUT_MS } = deps;
  const handlers = new Set<EventHandler>();
  let tail = Promise.resolve();
  let waiting = 0;
  let closed = false;

  async function deliver(events: readonly RecordedEvent[]): Promise<void> {
    for (const event of events) {
      for (const handler of [...handlers]) await handOver(event, handler);
    }
  }

  async function handOver(event: RecordedEvent, handler: EventHandler): Promise<void> {
    try {
      await withDeadline('an event handler', handlerTimeoutMs, () => handler(event));
    } catch (error) {
      logger.error('an event handler failed', {
        error,
        event_id: event.id,
        event_type: event.event.type,
        request_id: event.requestId,
      });
    }
  }

  return {
    async publish(events) {
      if (closed) throw new Error('the in-process bus is closed');
      if (waiting >= MAX_WAITING) throw new Error('the in-process bus is full');
      waiting += 1;
      const batch = [...events];
      tail = tail
        .then(() => deliver(batch))
        .finally(() => {
          waiting -= 1;
        });
      await tail;
    },
    subscribe(handler) {
      if (handlers.size >= MAX_HANDLERS)
        throw new Error('the in-process bus has too many handlers');
      // Wrapped, so that one function subscribed twice is two subscriptions.
      const own: EventHandler = (event) => handler(event);
      handlers.add(own);
      return () => void handlers.delete(own);
    },
    async close() {
      closed = true;
      await tail;
    },
    stats: () => ({ handlers: handlers.size, waiting, closed }),
  };
}

/** Checks that the bus takes events. */
export function createInProcessBusHealthCheck(bus: Pick<InProcessBus, 'stats'>): HealthCheck {
  return {
    name: 'messaging',
    driver: 'embedded',
    required: false,
    async check(signal) {
      signal.throwIfAborted();
      const { closed, waiting } = bus.stats();
      if (closed) throw new Error('the in-process bus is closed');
      if (waiting >= MAX_WAITING) throw new Error('the in-process bus is full');
    },
  };
}
