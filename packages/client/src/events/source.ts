import type { UserEvent } from './event.ts';
import type { Retrying } from './retry.ts';

/** Which events are read. */
export interface EventSelection {
  /** Types such as `user.created`, and groups such as `user.*`; all by default. */
  readonly types?: readonly string[] | undefined;
  /** Only events of the user with this id. */
  readonly user?: string | undefined;
}

/** An event that was taken from a source. Call `ack` or `release` once. */
export interface Delivery {
  readonly event: UserEvent;
  /** The event is handled and need not come again. */
  ack(): void;
  /** The event was not handled: it comes again, to this process or the next one. */
  release(): void;
}

/** Events in the order of the source. */
export interface EventBatch {
  readonly deliveries: readonly Delivery[];
  /** Where reading goes on after the batch; null where the source keeps the place. */
  readonly position: string | null;
}

export interface OpenedSource {
  /**
   * `continued`: reading goes on where it was. `new`: the source does not know this reader. `behind`: events were
   * dropped that the reader had not received.
   */
  readonly state: 'continued' | 'new' | 'behind';
  /** Makes sure that no later event is missed. A copy is filled after it, then reads on. */
  prepare(): Promise<void>;
  /**
   * Batches until the signal aborts. It repeats failed reads itself.
   * @param after - where to begin, for sources that do not keep the place: a position, or `oldest`; undefined for the
   * stored place
   * @throws PositionGone, ServiceRefusal, and the last error of an outage that lasts too long
   */
  batches(after?: string): AsyncIterable<EventBatch>;
  /** Stores what was acknowledged. */
  close(): Promise<void>;
}

/** What a source is opened for. */
export interface Opening extends EventSelection, Retrying {
  /** Wait for what a former process left unacknowledged, so that it comes before later events. */
  readonly inOrder: boolean;
  /** Most events of a batch, 1 to 1,000. */
  readonly maxBatch: number;
}

/** Where events come from. `httpEvents` and `jetStreamEvents` create one. */
export interface EventSource {
  open(opening: Opening): Promise<OpenedSource>;
}

/** A test for the selected types, for sources that cannot select them all. */
export function typeFilter(types: readonly string[] | undefined): (name: string) => boolean {
  if (types === undefined) return () => true;
  const groups = types.filter((type) => type.endsWith('.*')).map((type) => type.slice(0, -1));
  const names = new Set(types);
  return (name) => names.has(name) || groups.some((group) => name.startsWith(group));
}

/** @throws TypeError for a name that can be no type */
export function checkTypes(types: readonly string[] | undefined): void {
  const wrong = types?.find((type) => !/^[a-z_]+\.(?:[a-z_]+|\*)$/.test(type));
  if (wrong !== undefined || types?.length === 0) {
    throw new TypeError('Types must be names such as user.created, or groups such as user.*.');
  }
}
