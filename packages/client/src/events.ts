export { checkMirrorStore } from './events/check-mirror-store.ts';
export { compareUsers, differenceOf, type UserDifference } from './events/compare-users.ts';
export {
  type ConsumeOptions,
  consume,
  type HandlingContext,
  type Running,
} from './events/consume.ts';
export type { EventOf, EventType, UnknownEvent, UserEvent } from './events/event.ts';
export { type HttpEventSource, type HttpEventsOptions, httpEvents } from './events/http-events.ts';
export {
  type JetStreamConnection,
  type JetStreamEventsOptions,
  jetStreamEvents,
} from './events/jetstream-events.ts';
export { mapStore } from './events/map-store.ts';
export { type Mirror, mirror } from './events/mirror.ts';
export type { MirrorOptions } from './events/mirror-options.ts';
export {
  type MirrorChange,
  type MirrorSession,
  type MirrorStore,
  StoreUnavailable,
  toRow,
  type UserRow,
} from './events/mirror-store.ts';
export { onlyNewer, type VersionStore } from './events/only-newer.ts';
export {
  type LockedPgCopy,
  lockPgCopy,
  openPgCopy,
  type PgConnection,
  type PgCopy,
  type PgPool,
  type PgStoreOptions,
  pgStore,
} from './events/pg-store.ts';
export type { PositionStore } from './events/position-ledger.ts';
export { type Reconciliation, repairRows } from './events/reconcile-copy.ts';
export type { RetryNotice, RetryPolicy } from './events/retry.ts';
export { PositionGone, type ServiceOptions, ServiceRefusal } from './events/service.ts';
export type {
  Delivery,
  EventBatch,
  EventSelection,
  EventSource,
  OpenedSource,
} from './events/source.ts';
