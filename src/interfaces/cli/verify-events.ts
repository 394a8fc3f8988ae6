import type { JudgedMessage, StreamSlice } from '../../application/outbox/read-stream-slice.ts';
import type { ResyncCursor } from '../../application/outbox/resync-users.ts';
import { type StreamFinding, verifyStream } from '../../application/outbox/verify-stream.ts';
import { type OperatorDeps, readRecords } from './dead-letters.ts';
import { CommandFailure, EXIT } from './io.ts';
import { isRecord } from './problem.ts';
import { PATIENT, perform } from './retry.ts';
import { counted, printable } from './text.ts';

interface OutputOptions {
  readonly json?: boolean;
}

export interface VerifyDeps extends OperatorDeps {
  readonly monotonicMs: () => number;
}

const PROGRESS_INTERVAL_MS = 5_000;
const NOT_THE_SERVICE = 'The response is not from the user service.';
const NO_STREAM = 'There is no stream: nats.driver is none, or nothing was published yet.';
/** Findings of one kind that are printed without `--json`. */
const MAX_PRINTED = 20;

/** Compares the stream with the database, and prints what is wrong. @throws CommandFailure with findings */
export async function verifyEvents({ json }: OutputOptions, deps: VerifyDeps): Promise<number> {
  const { io, monotonicMs } = deps;
  const patient = { ...deps, policy: deps.policy ?? PATIENT };
  const printed = new Map<string, number>();
  let shownAtMs = monotonicMs();
  const summary = await verifyStream({
    readSlice: (after, upTo) => readSlice(after, upTo, patient),
    onFinding(finding) {
      if (json === true) return io.stdout(JSON.stringify(toJson(finding)));
      const count = (printed.get(finding.kind) ?? 0) + 1;
      printed.set(finding.kind, count);
      if (count <= MAX_PRINTED) io.stdout(toLine(finding));
    },
    onProgress(done, total) {
      if (monotonicMs() - shownAtMs < PROGRESS_INTERVAL_MS) return;
      shownAtMs = monotonicMs();
      io.stderr(`${done} of ${total} messages`);
    },
  });
  if (summary === null) throw new CommandFailure(NO_STREAM, { code: 'no_stream' });
  const { stream, messages, findings, unjudged, waiting } = summary;
  if (json === true) io.stdout(JSON.stringify({ summary }));
  else {
    for (const [kind, count] of printed) {
      if (count > MAX_PRINTED) io.stdout(`${kind}: ${count - MAX_PRINTED} more; --json shows all`);
    }
    io.stdout(
      `${counted(messages, 'message')} of ${printable(stream)}: ${counted(findings, 'finding')}`,
    );
    if (unjudged > 0) {
      io.stdout(
        `${counted(unjudged, 'message')} cannot be compared with the database: the rows were deleted after outbox.retention, or they are from before the last resync`,
      );
    }
    if (waiting > 0) io.stdout(`${counted(waiting, 'event')} not published yet`);
  }
  return findings > 0 ? EXIT.failed : EXIT.done;
}

/** Makes the copies of consumers equal to a restored database. @throws CommandFailure */
export async function resyncEvents(
  { json, confirm }: OutputOptions & { readonly confirm?: boolean },
  deps: VerifyDeps,
): Promise<number> {
  const { io, monotonicMs } = deps;
  if (confirm !== true) {
    throw new CommandFailure(
      'Nothing was changed. With --confirm it raises the version of every user, with an event each, and makes readers of the feed build their copies again.',
      { code: 'not_confirmed' },
    );
  }
  const patient = { ...deps, policy: deps.policy ?? PATIENT };
  let [announced, deleted, shownAtMs] = [0, 0, monotonicMs()];
  for (let cursor: unknown = null; ; ) {
    const body = { cursor: cursor as ResyncCursor | null };
    const step: unknown = await perform(({ outbox }, call) => outbox.resync(body, call), patient);
    if (!isRecord(step)) throw new CommandFailure(NOT_THE_SERVICE);
    announced += Number(step.announced);
    deleted += Number(step.deleted);
    cursor = step.next;
    if (cursor === null) break;
    if (monotonicMs() - shownAtMs < PROGRESS_INTERVAL_MS) continue;
    shownAtMs = monotonicMs();
    io.stderr(`${counted(announced, 'user')} announced`);
  }
  io.stdout(
    json === true
      ? JSON.stringify({ announced, deleted })
      : `${counted(announced, 'user')} announced, ${counted(deleted, 'lost user')} deleted`,
  );
  return EXIT.done;
}

async function readSlice(
  after: number,
  upTo: number | null,
  deps: OperatorDeps,
): Promise<StreamSlice | null> {
  const query = { after: String(after), ...(upTo === null ? {} : { up_to: String(upTo) }) };
  const body: unknown = await perform(({ outbox }, call) => outbox.compare(query, call), deps);
  if (!isRecord(body)) throw new CommandFailure(NOT_THE_SERVICE);
  const { slice } = body;
  if (slice === null) return null;
  if (!isRecord(slice) || !isRecord(slice.stream)) throw new CommandFailure(NOT_THE_SERVICE);
  return {
    stream: { name: String(slice.stream.name), firstSequence: Number(slice.stream.first) },
    upTo: Number(slice.up_to),
    next: slice.next === null ? null : Number(slice.next),
    messages: readRecords(slice, 'messages').map(({ stream_sequence, verdict, event }) => ({
      streamSequence: Number(stream_sequence),
      verdict: verdict as JudgedMessage['verdict'],
      event: isRecord(event) ? { ...readEvent(event), number: numberOrNull(event.number) } : null,
    })),
    missing: readRecords(slice, 'missing').map((event) => ({
      ...readEvent(event),
      streamSequence: Number(event.stream_sequence),
    })),
    missingBefore: Number(slice.missing_before),
    restored: Number(slice.restored),
    waiting: Number(slice.waiting),
  };
}

function readEvent({ id, type, user_id, user_version }: Readonly<Record<string, unknown>>) {
  return {
    id: String(id),
    type: String(type),
    userId: user_id === null ? null : String(user_id),
    userVersion: numberOrNull(user_version),
  };
}

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

function toJson({ streamSequence, userId, userVersion, ...finding }: StreamFinding): object {
  return {
    ...finding,
    ...{ stream_sequence: streamSequence, user_id: userId, user_version: userVersion },
  };
}

function toLine(finding: StreamFinding): string {
  const { kind, streamSequence, id, type, userId, userVersion, detail } = finding;
  const parts = [
    `${kind}:`,
    streamSequence === null ? null : `message ${streamSequence}`,
    type,
    userId,
    userVersion === null ? null : `v${userVersion}`,
    id === null ? null : `(${id})`,
  ];
  return printable(`${parts.filter((part) => part !== null).join(' ')}: ${detail}`);
}
