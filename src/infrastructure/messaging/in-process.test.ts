import { describe, expect, test } from 'vitest';
import type { RecordedEvent } from '../../domain/events.ts';
import type { LogFields, Logger } from '../../domain/ports.ts';
import { createInProcessBus, createInProcessBusHealthCheck } from './in-process.ts';

function recordingLogger(): { logger: Logger; errors: { message: string; fields?: LogFields }[] } {
  const errors: { message: string; fields?: LogFields }[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (message, fields) =>
      errors.push(fields === undefined ? { message } : { message, fields }),
    with: () => logger,
  };
  return { logger, errors };
}

function event(version: number): RecordedEvent {
  return {
    id: `event-${version}`,
    event: { type: 'user.deleted', userId: 'user', userVersion: version, data: {} },
    time: new Date(0),
    requestId: 'request',
  };
}

describe('the in-process bus', () => {
  test('hands each event to every handler before the next event', async () => {
    const { logger } = recordingLogger();
    const bus = createInProcessBus({ logger });
    const seen: string[] = [];
    bus.subscribe(async ({ id }) => {
      await Promise.resolve();
      seen.push(`slow ${id}`);
    });
    bus.subscribe(({ id }) => void seen.push(`fast ${id}`));
    await bus.publish([event(1), event(2)]);
    expect(seen).toEqual(['slow event-1', 'fast event-1', 'slow event-2', 'fast event-2']);
  });

  test('logs a failing handler and still hands over to the others', async () => {
    const { logger, errors } = recordingLogger();
    const bus = createInProcessBus({ logger });
    const seen: string[] = [];
    bus.subscribe(() => {
      throw new Error('broken');
    });
    bus.subscribe(({ id }) => void seen.push(id));
    await bus.publish([event(1), event(2)]);
    expect(seen).toEqual(['event-1', 'event-2']);
    expect(errors.map(({ fields }) => fields?.event_id)).toEqual(['event-1', 'event-2']);
  });

  test('goes on after a handler that never ends', async () => {
    const { logger, errors } = recordingLogger();
    const bus = createInProcessBus({ logger, handlerTimeoutMs: 5 });
    const seen: string[] = [];
    bus.subscribe(() => new Promise(() => undefined));
    bus.subscribe(({ id }) => void seen.push(id));
    await bus.publish([event(1)]);
    expect(seen).toEqual(['event-1']);
    expect(errors).toHaveLength(1);
  });

  test('stops handing over to a handler that unsubscribed, and to that one only', async () => {
    const { logger } = recordingLogger();
    const bus = createInProcessBus({ logger });
    const seen: string[] = [];
    const handler = ({ id }: RecordedEvent): void => void seen.push(id);
    const unsubscribe = bus.subscribe(handler);
    bus.subscribe(handler);
    unsubscribe();
    unsubscribe();
    await bus.publish([event(1)]);
    expect(seen).toEqual(['event-1']);
  });

  test('takes a bounded number of calls and of handlers', async () => {
    const { logger } = recordingLogger();
    const bus = createInProcessBus({ logger });
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    bus.subscribe(() => gate);
    const taken = Array.from({ length: 1_000 }, () => bus.publish([event(1)]));
    await expect(bus.publish([event(2)])).rejects.toThrow('full');
    const check = createInProcessBusHealthCheck(bus);
    await expect(check.check(AbortSignal.timeout(1_000))).rejects.toThrow('full');
    open();
    await Promise.all(taken);
    await check.check(AbortSignal.timeout(1_000));
    for (let count = 1; count < 100; count += 1) bus.subscribe(() => undefined);
    expect(() => bus.subscribe(() => undefined)).toThrow('too many handlers');
  });

  test('finishes what it took when it is closed, and takes no more', async () => {
    const { logger } = recordingLogger();
    const bus = createInProcessBus({ logger });
    const seen: string[] = [];
    bus.subscribe(async ({ id }) => {
      await Promise.resolve();
      seen.push(id);
    });
    const taken = bus.publish([event(1), event(2)]);
    await bus.close();
    expect(seen).toEqual(['event-1', 'event-2']);
    await taken;
    await expect(bus.publish([event(3)])).rejects.toThrow('closed');
    const check = createInProcessBusHealthCheck(bus);
    await expect(check.check(AbortSignal.timeout(1_000))).rejects.toThrow('closed');
  });
});
