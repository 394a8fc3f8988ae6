import { pause } from '../lib/backoff.ts';
import { isRecord, positionOf, readCloudEvent, type UserEvent } from './event.ts';
import {
  createPositionLedger,
  type PositionLedger,
  type PositionStore,
} from './position-ledger.ts';
import { Transient, untilItWorks } from './retry.ts';
import { connectToService, type ServiceOptions } from './service.ts';
import {
  checkTypes,
  type Delivery,
  type EventBatch,
  type EventSource,
  type Opening,
} from './source.ts';

export interface HttpEventsOptions extends ServiceOptions {
  /** Where `consume` goes on after a restart. `mirror` keeps the position beside its rows and needs none. */
  readonly positions?: PositionStore;
  /** Where a consumer without a position begins: with the `oldest` event that is kept (the default) or after the `latest`. */
  readonly from?: 'oldest' | 'latest';
  /** How long a request waits for the next event, in milliseconds; 25,000 by default. */
  readonly waitMs?: number;
}

/** A source over HTTP, and how the service is reached, for reads of users. */
export interface HttpEventSource extends EventSource {
  readonly service: ServiceOptions;
}

/** A response that does not end so long after its wait comes from a connection that is dead. */
const SLACK_MS = 15_000;
/** A service that answers at once without an event has no connection left for waits. */
const IDLE_PAUSE_MS = 1_000;

/** Reads events over `GET /v1/events`, with a key that has the scope `events:read`. */
export function httpEvents(options: HttpEventsOptions): HttpEventSource {
  const service = connectToService(options);
  const { positions, from = 'oldest', waitMs = 25_000 } = options;

  async function readPage(opening: Opening, after: string): Promise<Page> {
    const path = toPath(opening, after, waitMs);
    return await untilItWorks(async () => {
      const timeoutMs = waitMs + SLACK_MS;
      const response = await service.request(path, { signal: opening.signal, timeoutMs });
      return toPage(await response.lines(), response.headers.get('link') ?? '', opening, after);
    }, opening);
  }

  return {
    service: options,
    async open(opening) {
      checkTypes(opening.types);
      const ledger = positions === undefined ? null : createPositionLedger(positions, opening);
      return {
        state: 'continued',
        prepare: async () => {},
        close: async () => await ledger?.flush(),
        async *batches(after) {
          let position: string = after ?? (await positions?.load()) ?? from;
          while (!opening.signal.aborted) {
            const beganMs = performance.now();
            const page: Page | null = await readPage(opening, position).catch(ended);
            if (page === null) return;
            const isAtEnd = page.events.length === 0 && page.position === position;
            position = page.position;
            yield toBatch(page, ledger);
            const isFast = performance.now() - beganMs < IDLE_PAUSE_MS;
            if (isAtEnd && isFast) await pause(IDLE_PAUSE_MS, opening.signal);
          }
          function ended(error: unknown): null {
            if (opening.signal.aborted) return null;
            throw error;
          }
        },
      };
    },
  };
}

interface Page {
  readonly events: readonly UserEvent[];
  readonly position: string;
}

function toPath({ types, user, maxBatch }: Opening, after: string, waitMs: number): string {
  const query = new URLSearchParams({ limit: String(maxBatch), wait: `${waitMs}ms` });
  // Without a position the feed begins with the oldest event.
  if (after !== 'oldest') query.set('after', after);
  if (types !== undefined) query.set('types', types.join(','));
  if (user !== undefined) query.set('user', user);
  return `/v1/events?${query}`;
}

/** @throws Transient for a response that is no page of the feed */
function toPage(
  values: readonly unknown[],
  link: string,
  { types, user }: Opening,
  after: string,
): Page {
  const position = new URLSearchParams(/<[^>?]*\?([^>]*)>/.exec(link)?.[1]).get('after');
  if (position === null || position === '') {
    throw new Transient('The response is not from the user service.');
  }
  // Without a filter an event can be missing at the end: one that an operator has dropped.
  const isFiltered = types !== undefined || user !== undefined;
  if (isFiltered && numberOf(endOf(values)) !== numberOf(position)) {
    throw new Transient('A page ends before its end.');
  }
  const records = values.filter((value) => !(isRecord(value) && 'position' in value));
  // Its events would come again without end.
  if (records.length > 0 && position === after) throw new Transient('A page leads to itself.');
  return { events: records.flatMap((record) => readCloudEvent(record) ?? []), position };
}

/** How far the lines of a page go: with a filter, the last one always says so. */
function endOf(values: readonly unknown[]): unknown {
  const last = values.at(-1);
  return isRecord(last) ? (last.position ?? last.sequence) : undefined;
}

/** The number of a position. */
function numberOf(position: unknown): string | undefined {
  return typeof position === 'string' ? position.split('-')[0] : undefined;
}

function toBatch({ events, position }: Page, ledger: PositionLedger | null): EventBatch {
  const deliveries = events.map((event): Delivery => {
    const place = positionOf(event);
    const ack = place === null ? undefined : ledger?.add(place);
    // What is not acknowledged is read again after a restart.
    return { event, ack: () => ack?.(), release: () => {} };
  });
  ledger?.add(position)();
  return { deliveries, position };
}
