import {
  eventStream,
  type FakeAnswer,
  FakeProblem,
  type FakeRequest,
  ndjson,
  refuseField,
} from './fake-answers.ts';
import type { FakeClock } from './fake-clock.ts';
import type { TestEvent } from './fake-events.ts';
import { type FakeLog, isPosition, type LogEntry } from './fake-log.ts';
import type { TestRevocation } from './fake-revocations.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
const MAX_WAIT_MS = 25_000;
const EVENT_HEARTBEAT_MS = 15_000;
const REVOCATION_HEARTBEAT_MS = 5_000;
/** How often a stream looks at the clock, which a test may move between two looks. */
const TICK_MS = 1_000;

/** `GET /v1/events`: a page, a wait for the first event, or a stream. */
export async function readEvents(
  log: FakeLog<TestEvent>,
  clock: FakeClock,
  request: FakeRequest,
): Promise<FakeAnswer> {
  const query = request.url.searchParams;
  const types = readTypes(query.get('types'));
  const user = query.get('user')?.toLowerCase() ?? null;
  const matches = ({ value }: LogEntry<TestEvent>): boolean =>
    (types?.some((type) => type.test(value.type)) ?? true) &&
    (user === null || value.subject === user);
  const asked = readAfter(query.get('after'));
  const after = asked === 'latest' ? log.newest() : asked;
  const isFiltered = types !== null || user !== null;
  if (wantsStream(request)) {
    const start = request.header('last-event-id') ?? after;
    mustRead(log, start, 1);
    return eventStream(
      followLog(log, clock, request.signal, {
        start,
        matches,
        heartbeatMs: EVENT_HEARTBEAT_MS,
        heartbeat: (position) => (isFiltered ? positionEvent(position) : ': alive\n\n'),
        isAnnounced: false,
      }),
    );
  }
  const limit = readLimit(query.get('limit'));
  const page = await waitForPage(log, clock, request, { after, limit, matches });
  const next = new URLSearchParams(query);
  next.set('after', page.position);
  const lines: unknown[] = page.entries.map(({ value }) => value);
  const last = page.entries.at(-1);
  if (isFiltered && page.position !== positionOf(last)) lines.push({ position: page.position });
  return ndjson(lines, {
    'content-type': 'application/x-ndjson; charset=utf-8',
    link: `</v1/events?${next}>; rel="next"`,
    vary: 'accept',
  });
}

/** `GET /v1/revocations`: the whole set, what follows a position, or a stream. */
export async function readRevocations(
  log: FakeLog<TestRevocation>,
  clock: FakeClock,
  current: () => readonly TestRevocation[],
  request: FakeRequest,
): Promise<FakeAnswer> {
  const query = request.url.searchParams;
  const after = readAfter(query.get('after'));
  if (wantsStream(request)) {
    const start = request.header('last-event-id') ?? after;
    mustRead(log, start, 1);
    return eventStream(
      followLog(log, clock, request.signal, {
        start,
        matches: () => true,
        heartbeatMs: REVOCATION_HEARTBEAT_MS,
        heartbeat: positionEvent,
        isAnnounced: true,
      }),
    );
  }
  const linkTo = (position: string): string => {
    const next = new URLSearchParams({ after: position });
    const wait = query.get('wait');
    if (wait !== null) next.set('wait', wait);
    return `</v1/revocations?${next}>; rel="next"`;
  };
  if (after !== null) {
    const matches = (): boolean => true;
    const page = await waitForPage(log, clock, request, { after, limit: MAX_LIMIT, matches });
    const lines = page.entries.map(({ value }) => value);
    return ndjson(lines, {
      'content-type': 'application/x-ndjson; charset=utf-8',
      link: linkTo(page.position),
      vary: 'accept',
    });
  }
  const position = log.newest();
  const headers = { etag: `"${position}"`, link: linkTo(position), vary: 'accept' };
  if (request.header('if-none-match') === `"${position}"`) {
    return { status: 304, headers, body: '' };
  }
  return ndjson([...current(), { position }], headers);
}

interface Selection<T> {
  readonly after: string | null;
  readonly limit: number;
  readonly matches: (entry: LogEntry<T>) => boolean;
}

async function waitForPage<T>(
  log: FakeLog<T>,
  clock: FakeClock,
  request: FakeRequest,
  { after, limit, matches }: Selection<T>,
): Promise<{ readonly entries: readonly LogEntry<T>[]; readonly position: string }> {
  const endsAtMs = clock.nowMs() + readWait(request.url.searchParams.get('wait'));
  let position = after;
  for (;;) {
    const page = mustRead(log, position, limit);
    const entries = page.entries.filter(matches);
    const leftMs = endsAtMs - clock.nowMs();
    position = page.position;
    if (entries.length > 0 || leftMs <= 0 || request.signal.aborted) return { entries, position };
    await log.changed(leftMs, request.signal);
  }
}

interface StreamOptions<T> {
  readonly start: string | null;
  readonly matches: (entry: LogEntry<T>) => boolean;
  readonly heartbeatMs: number;
  readonly heartbeat: (position: string) => string;
  /** Whether a heartbeat comes at the beginning, when all that was there has been sent. */
  readonly isAnnounced: boolean;
}

async function* followLog<T>(
  log: FakeLog<T>,
  clock: FakeClock,
  signal: AbortSignal,
  options: StreamOptions<T>,
): AsyncGenerator<string> {
  let position = options.start;
  let dueAtMs = clock.nowMs() + (options.isAnnounced ? 0 : options.heartbeatMs);
  yield 'retry: 2000\n\n';
  while (!signal.aborted) {
    const page = log.read(position, MAX_LIMIT);
    if (page === null) return;
    position = page.position;
    const matching = page.entries.filter(options.matches);
    for (const entry of matching) {
      yield `id: ${positionOf(entry)}\ndata: ${JSON.stringify(entry.value)}\n\n`;
    }
    if (page.entries.length > 0) continue;
    if (clock.nowMs() >= dueAtMs) {
      yield options.heartbeat(position);
      dueAtMs = clock.nowMs() + options.heartbeatMs;
    }
    await log.changed(TICK_MS, signal);
  }
}

function positionOf(entry: LogEntry<unknown> | undefined): string | undefined {
  return entry === undefined ? undefined : `${entry.sequence}-${entry.check}`;
}

function positionEvent(position: string): string {
  return `event: position\nid: ${position}\ndata: ${JSON.stringify({ position })}\n\n`;
}

/** @throws FakeProblem `position_gone` */
function mustRead<T>(log: FakeLog<T>, after: string | null, limit: number) {
  const page = log.read(after, limit);
  if (page === null) throw new FakeProblem('position_gone', { oldest: log.oldest() });
  return page;
}

function wantsStream(request: FakeRequest): boolean {
  return request.header('accept')?.includes('text/event-stream') === true;
}

function readAfter(text: string | null): string | null {
  if (text === null || text === 'latest' || isPosition(text)) return text;
  const message = 'Must be a number, a position from a response, or latest.';
  return refuseField('/query/after', 'position_invalid', message);
}

function readLimit(text: string | null): number {
  const limit = text === null ? DEFAULT_LIMIT : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  return refuseField('/query/limit', 'out_of_range', `Must be from 1 to ${MAX_LIMIT}.`);
}

function readWait(text: string | null): number {
  if (text === null) return 0;
  const [, digits, unit] = /^([0-9]{1,6})(ms|s|)$/.exec(text) ?? [];
  if (digits === undefined) {
    return refuseField('/query/wait', 'wait_invalid', 'Must be a time such as 25s or 500ms.');
  }
  return Math.min(Number(digits) * (unit === 'ms' ? 1 : 1_000), MAX_WAIT_MS);
}

/** Patterns of full type names; a test may ask for types that the service does not have. */
function readTypes(text: string | null): readonly RegExp[] | null {
  if (text === null) return null;
  return text.split(',').map((name) => {
    if (!/^[a-z_]+(?:\.[a-z_]+)*(?:\.\*)?$/.test(name)) {
      return refuseField('/query/types', 'event_type_unknown', 'Must be types of events.');
    }
    const pattern = name.replaceAll('.', '\\.').replace(/\\\.\*$/, '\\.[a-z_.]+');
    return new RegExp(`^user-service\\.${pattern}\\.v[0-9]+$`);
  });
}
