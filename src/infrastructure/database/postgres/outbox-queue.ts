import type { DeadLetters } from '../../../domain/dead-letters.ts';
import {
  type DeadEvent,
  type KnownStream,
  LeaseLost,
  type OutboxAdministration,
  type OutboxLog,
  type OutboxQueue,
  type WaitingEvent,
} from '../../../domain/outbox/outbox-queue.ts';
import type { SqlConnection } from '../sql.ts';
import { deleteNumberedEvents } from './generated/event-feed.queries.ts';
import {
  acquireLease,
  type ClaimEventsResult,
  claimEvents,
  countMarked,
  deletePublished,
  dropDeadEvent,
  findBacklog,
  findLastPosition,
  findLease,
  findPositionBefore,
  findStream,
  isBefore,
  listDeadEvents,
  listEvents,
  markFailed,
  markPublished,
  recordStream,
  renewLease,
  requeueDeadEvents,
  resetPublished,
  resetRange,
  resetSequences,
} from './generated/relay.queries.ts';
import { toRecordedEvent } from './recorded-event.ts';

/** Before every key and position. */
const QUEUE_START = { afterKey: '00000000-0000-0000-0000-000000000000', afterPosition: -1 };
/** Above every position: the claim goes on with the next key. */
const USER_END = Number.MAX_SAFE_INTEGER;
/** Even for a small claim, so that it passes users who are busy or held back. */
const MIN_EXAMINED = 100;
/** Counting more rows takes too long for a metric. */
const MAX_COUNTED = 100_000;
const MAX_REASON_LENGTH = 500;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createPostgresOutboxQueue(connection: SqlConnection): OutboxQueue {
  return {
    async acquireLease(holder, ttlMs, unrenewed = null) {
      const seen = {
        seenEpoch: unrenewed?.epoch ?? null,
        seenExpiresAt: unrenewed?.expiresAt ?? null,
      };
      const [row] = await acquireLease.run({ holder, ttlMs, ...seen }, connection);
      if (row === undefined) return null;
      return { lease: { epoch: row.epoch }, stream: toKnownStream(row) };
    },
    async findLease() {
      const [row] = await findLease.run(undefined, connection);
      return row === undefined ? null : { epoch: row.epoch, expiresAt: row.expires_at };
    },
    async findStream() {
      const [row] = await findStream.run(undefined, connection);
      return row === undefined ? null : toKnownStream(row);
    },
    async renewLease(holder, { epoch }, ttlMs) {
      const parameters = { holder, epoch, ttlMs };
      return (await renewLease.runForCount(parameters, connection)) > 0;
    },
    async recordStream({ epoch }, { name, created, sequence }) {
      const parameters = { epoch, stream: name, created, sequence };
      assertHeld(await recordStream.runForCount(parameters, connection));
    },
    async claim(busy, limit, afterKey) {
      const examined = Math.max(limit, MIN_EXAMINED);
      const start = afterKey === null ? QUEUE_START : { afterKey, afterPosition: USER_END };
      const rows = await claimEvents.run({ ...start, limit: examined }, connection);
      const events: WaitingEvent[] = [];
      let skippedKey: string | null = null;
      let key: string | null = null;
      let inFlight = 0;
      let passedBusy = false;
      for (const [index, row] of rows.entries()) {
        if (events.length === limit) {
          return { events, next: rows[index - 1]?.user_key ?? null, passedBusy };
        }
        if (row.user_key !== key) inFlight = busy.get(row.user_key) ?? 0;
        key = row.user_key;
        if (row.is_held || busy.has(key)) skippedKey = key;
        if (key !== skippedKey) events.push(toWaitingEvent(row));
        // Those in flight are the first ones.
        else if (busy.has(key) && --inFlight < 0) passedBusy = true;
      }
      const next = rows.length < examined ? null : (rows.at(-1)?.user_key ?? null);
      return { events, next, passedBusy };
    },
    async markPublished({ epoch }, marks, knownSequence) {
      if (marks.length === 0) return null;
      const highest = marks.reduce((most, { sequence }) => Math.max(most, sequence), 0);
      const [row] = await markPublished.run(
        { epoch, highest, knownSequence, acknowledged: JSON.stringify(marks) },
        connection,
      );
      assertHeld(row?.leases);
      return row?.stream_sequence ?? null;
    },
    async markFailed({ epoch }, { reason, ...failure }) {
      const parameters = { ...failure, epoch, reason: reason.slice(0, MAX_REASON_LENGTH) };
      const [row] = await markFailed.run(parameters, connection);
      assertHeld(row?.leases);
    },
    async resetPublished({ epoch }, afterSequence, limit) {
      const parameters = { epoch, afterSequence, limit };
      const [row] = await resetPublished.run(parameters, connection);
      assertHeld(row?.leases);
      return row?.reset ?? 0;
    },
    async resetSequences({ epoch }, sequences, maxAgeMs) {
      const parameters = { epoch, sequences: [...sequences], maxAgeMs };
      const [row] = await resetSequences.run(parameters, connection);
      assertHeld(row?.leases);
      return row?.reset ?? 0;
    },
    async resetRange({ epoch }, range, maxAgeMs, limit) {
      const [row] = await resetRange.run({ epoch, ...range, maxAgeMs, limit }, connection);
      assertHeld(row?.leases);
      return row?.reset ?? 0;
    },
    async isBefore(id, position) {
      // The stream may hold messages of others, with any id.
      if (!UUID.test(id)) return false;
      const [row] = await isBefore.run({ id, position: Number(position) }, connection);
      return row?.before ?? false;
    },
    async findLastPosition() {
      const [row] = await findLastPosition.run(undefined, connection);
      return Number(row?.position ?? 0);
    },
    async countMarked(range) {
      const [row] = await countMarked.run(range, connection);
      return { marked: row?.marked ?? 0, waiting: row?.waiting ?? false };
    },
  };
}

export function createPostgresDeadEvents(connection: SqlConnection): DeadLetters<DeadEvent> {
  return {
    async list(limit) {
      return (await listDeadEvents.run({ limit }, connection)).map((row) => ({
        id: row.id,
        userId: row.user_id,
        type: row.type,
        time: row.occurred_at,
        deadAt: row.parked_at,
        attempts: row.attempts,
        lastError: row.last_error,
        waitingBehind: row.waiting_behind,
      }));
    },
    requeue: (id) => requeueDeadEvents.runForCount({ id }, connection),
    drop: async (id) => (await dropDeadEvent.runForCount({ id }, connection)) > 0,
  };
}

/** The outbox, for metrics and the housekeeping. */
export function createPostgresOutboxAdministration(
  connection: SqlConnection,
): OutboxAdministration {
  return {
    async findBacklog() {
      const [row] = await findBacklog.run({ limit: MAX_COUNTED }, connection);
      return {
        waiting: row?.waiting ?? 0,
        deadLetters: row?.dead_letters ?? 0,
        oldestAgeMs: row?.oldest_age_ms ?? 0,
      };
    },
    deletePublished: (retentionMs, limit) =>
      deletePublished.runForCount({ retentionMs, limit }, connection),
    deleteNumbered: (retentionMs, limit) =>
      deleteNumberedEvents.runForCount({ retentionMs, limit }, connection),
  };
}

export function createPostgresOutboxLog(connection: SqlConnection): OutboxLog {
  return {
    async findLastPosition() {
      const [row] = await findLastPosition.run(undefined, connection);
      return Number(row?.position ?? 0);
    },
    async findPositionBefore(ageMs) {
      const [row] = await findPositionBefore.run({ ageMs }, connection);
      return Number(row?.position ?? 0);
    },
    async list(afterPosition, limit) {
      const parameters = { afterPosition, limit };
      const rows = await listEvents.run(parameters, connection);
      return rows.map((row) => ({ ...toRecordedEvent(row), position: Number(row.position) }));
    },
  };
}

interface StreamRow {
  readonly stream: string | null;
  readonly stream_created: string | null;
  readonly stream_sequence: number;
}

function toKnownStream(row: StreamRow): KnownStream | null {
  const { stream, stream_created: created, stream_sequence: sequence } = row;
  return stream === null || created === null ? null : { name: stream, created, sequence };
}

function toWaitingEvent(row: ClaimEventsResult): WaitingEvent {
  const { id, event, time, requestId } = toRecordedEvent(row);
  const { position, user_key: userKey, attempts, sequence, age_ms: ageMs } = row;
  // Not built with a spread: in a backlog this runs for thousands of rows a second.
  return sequence === null
    ? { id, event, time, requestId, position, userKey, attempts, ageMs }
    : { id, event, time, requestId, sequence, position, userKey, attempts, ageMs };
}

function assertHeld(leases: number | undefined): void {
  if (leases !== 1) throw new LeaseLost();
}
