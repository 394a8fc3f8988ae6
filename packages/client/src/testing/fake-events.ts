import type { FakeClock } from './fake-clock.ts';
import { createId } from './fake-ids.ts';
import { createFakeLog, type FakeLog } from './fake-log.ts';

/** An event as the feed has it: a CloudEvent. */
export interface TestEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  /** With prefix and version: `user-service.user.created.v1`. */
  readonly type: string;
  readonly time: string;
  /** The id of the user. */
  readonly subject?: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  /** The version of the user after the event. */
  readonly userversion?: number;
  readonly sequence: string;
  readonly data: unknown;
}

/** An event that a test emits. */
export interface EmittedEvent {
  /** The short name, such as `user.updated`; it may be one that the service does not have. */
  readonly type: string;
  readonly userId?: string;
  /** The version of the user after it; by default the present one, or 1 for a user that the fake does not have. */
  readonly userVersion?: number;
  readonly data?: unknown;
}

export interface FakeEvents {
  readonly log: FakeLog<TestEvent>;
  emit(event: EmittedEvent): TestEvent;
  /** Called with each event. */
  onEvent(listener: (event: TestEvent) => void): void;
}

export function createFakeEvents(clock: FakeClock): FakeEvents {
  const log = createFakeLog<TestEvent>(clock);
  const listeners: ((event: TestEvent) => void)[] = [];
  return {
    log,
    onEvent: (listener) => void listeners.push(listener),
    emit({ type, userId, userVersion, data = {} }) {
      const nowMs = clock.nowMs();
      const [newest = '0'] = log.newest().split('-');
      const event: TestEvent = {
        specversion: '1.0',
        id: createId(nowMs),
        source: 'urn:user-service:events',
        type: `user-service.${type}.v1`,
        time: new Date(nowMs).toISOString(),
        ...(userId === undefined ? {} : { subject: userId }),
        datacontenttype: 'application/json',
        dataschema: `urn:user-service:schema:${type}.v1`,
        ...(userVersion === undefined ? {} : { userversion: userVersion }),
        sequence: String(Number(newest) + 1),
        data,
      };
      log.append(event.id, event);
      for (const listener of listeners) listener(event);
      return event;
    },
  };
}
