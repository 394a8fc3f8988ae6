import { backoffMs, pause } from '../lib/backoff.ts';
import { readLines } from '../lib/read-lines.ts';
import { createFreshness, type Freshness } from './freshness.ts';
import { createRevocationSet, type RevocationSet, readEntry } from './revocation-set.ts';
import {
  FULL_PAUSE_MS,
  type Progress,
  type RevocationDeps,
  type Revocations,
  revocationsOf,
  SetIsFull,
} from './revocations.ts';
import { type ServiceKey, serviceHeaders } from './service-key.ts';

export interface HttpRevocationOptions extends RevocationDeps {
  /** Base address of the service. */
  readonly url: string;
  readonly key: ServiceKey;
  readonly fetch: typeof fetch;
}

const BACKOFF = { firstMs: 200, maxMs: 5_000 };
/** Beyond the wait: for the way there and back. */
const ANSWER_MS = 5_000;
/** What an answer without revocations takes at least. */
const MIN_WAIT_MS = 200;
/** For the whole set. */
const LOAD_MS = 60_000;
/** Entries of one page at most, as documented: a page with as many has another one behind it. */
const PAGE = 1_000;
/** An entry has about 130. */
const MAX_LINE_LENGTH = 1_024;

/** The position is not kept, or of another copy of the database. */
class PositionGone extends Error {
  override readonly name = 'PositionGone';
}

/** What the steps of a follower share. */
interface Follower {
  readonly options: HttpRevocationOptions;
  readonly address: string;
  /** How long a request waits for the next revocation. */
  readonly waitMs: number;
  readonly freshness: Freshness;
  readonly progress: Progress;
  readonly closed: AbortSignal;
}

/**
 * Follows `GET /v1/revocations`: the whole set, then one request after another, each of which waits for the next
 * revocation. The set is complete up to the end of the last answer; each answer comes after half of `maxStalenessMs`.
 */
export function followOverHttp(options: HttpRevocationOptions): Revocations {
  const { maxEntries, maxStalenessMs, onChange } = options;
  const freshness = createFreshness(maxStalenessMs, onChange);
  const closing = new AbortController();
  const progress: Progress = {
    ...{ set: createRevocationSet(maxEntries), loads: 0, isFull: false, lastError: null },
  };
  void run({
    ...{ options, freshness, progress, closed: closing.signal },
    address: `${options.url.replace(/\/+$/, '')}/v1/revocations`,
    waitMs: Math.floor(Math.min(maxStalenessMs / 2, 25_000)),
  });
  return revocationsOf(freshness, progress, () => closing.abort());
}

/** Loads and follows until the verifier is closed; what fails is repeated after a pause. */
async function run(follower: Follower): Promise<void> {
  const { closed, progress, options } = follower;
  let position: string | null = null;
  let failures = 0;
  while (!closed.aborted) {
    try {
      if (position === null) {
        position = await load(follower);
      } else {
        position = await follow(follower, position);
        // Not after a load: a position that is gone again and again is a failure.
        failures = 0;
      }
      progress.lastError = null;
    } catch (error) {
      if (closed.aborted) return;
      failures += 1;
      progress.lastError = String(error);
      if (error instanceof SetIsFull) progress.isFull = true;
      if (error instanceof SetIsFull || error instanceof PositionGone) position = null;
      options.onChange();
      if (error instanceof PositionGone && failures === 1) continue;
      const pauseMs = progress.isFull ? FULL_PAUSE_MS : backoffMs(failures, BACKOFF);
      await pause(pauseMs, closed, false);
    }
  }
}

/** Reads the whole set. @returns the position behind it */
async function load(follower: Follower): Promise<string> {
  const { progress, freshness } = follower;
  const { maxEntries } = follower.options;
  const beganAtMs = performance.now();
  const response = await request(follower, '', LOAD_MS);
  const next = createRevocationSet(maxEntries);
  // Until the first set is whole, what is known of it counts already.
  if (progress.loads === 0) progress.set = next;
  const { position } = await readInto(next, response, (maxEntries + PAGE) * 256, follower);
  if (position === null) throw new Error('the set of revocations is not complete');
  progress.set = next;
  progress.loads += 1;
  progress.isFull = false;
  freshness.confirm(beganAtMs);
  return position;
}

/** Reads a page, which waits for the next revocation. @returns the position behind it */
async function follow(follower: Follower, after: string): Promise<string> {
  const { waitMs, progress, freshness, closed } = follower;
  const query = `?${new URLSearchParams({ after, wait: `${waitMs}ms` })}`;
  const beganAtMs = performance.now();
  const response = await request(follower, query, waitMs + ANSWER_MS);
  const { count } = await readInto(progress.set, response, PAGE * 10 * MAX_LINE_LENGTH, follower);
  const position = nextPosition(response.headers.get('link'));
  if (position === null) throw new Error('a page of revocations has no next one');
  if (count > 0 && position === after) throw new Error('a page of revocations leads to itself');
  // An answer that took longer than the wait was on its way: it says nothing about that time.
  const tookMs = performance.now() - beganAtMs;
  if (count < PAGE) freshness.confirm(beganAtMs + Math.min(tookMs, waitMs));
  // A server that does not wait is not asked all the time.
  if (count === 0 && tookMs < MIN_WAIT_MS) await pause(MIN_WAIT_MS - tookMs, closed, false);
  return position;
}

async function request(
  { options, address, closed }: Follower,
  query: string,
  timeoutMs: number,
): Promise<Response> {
  const response = await options.fetch(address + query, {
    headers: await serviceHeaders(options.key),
    redirect: 'error',
    signal: AbortSignal.any([closed, AbortSignal.timeout(timeoutMs)]),
  });
  if (response.status === 200) return response;
  await response.body?.cancel();
  if (response.status === 410) throw new PositionGone('position_gone');
  throw new Error(`GET /v1/revocations answered ${response.status}`);
}

/** Puts the entries of a response into the set. @throws SetIsFull */
async function readInto(
  target: RevocationSet,
  response: Response,
  maxBytes: number,
  { options: { now, maxEntries } }: Follower,
): Promise<{ readonly count: number; readonly position: string | null }> {
  const nowSeconds = Math.floor(now() / 1_000);
  let count = 0;
  for await (const lines of readLines(response, { maxBytes, maxLineLength: MAX_LINE_LENGTH })) {
    for (const line of lines) {
      const record: unknown = JSON.parse(line);
      const position = (record as { readonly position?: unknown } | null)?.position;
      if (typeof position === 'string') return { count, position };
      const entry = readEntry(record);
      count += 1;
      if (entry !== null && !target.add(entry, nowSeconds)) throw new SetIsFull(maxEntries);
    }
  }
  return { count, position: null };
}

/** The position in `Link: <…?after=…>; rel="next"`. */
function nextPosition(link: string | null): string | null {
  const [, query] = /<[^>?]*\?([^>]*)>;\s*rel="next"/.exec(link ?? '') ?? [];
  return query === undefined ? null : new URLSearchParams(query).get('after');
}
