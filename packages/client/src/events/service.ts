import { retryAfterSeconds } from '../calls/retry.ts';
import { readLines } from '../lib/read-lines.ts';
import { readText } from '../lib/read-text.ts';
import { untilAborted } from '../lib/until-aborted.ts';
import { isRecord } from './event.ts';
import { Transient } from './retry.ts';

/** How the service is reached. */
export interface ServiceOptions {
  /** Base URL, such as `https://users.example.com`. */
  readonly url: string;
  /** Service key `usk_…`, or a function that returns it, for keys that are replaced. */
  readonly key: string | (() => string | Promise<string>);
  readonly fetch?: typeof globalThis.fetch;
}

/** The service refused a request: another attempt gets the same answer. */
export class ServiceRefusal extends Error {
  override readonly name = 'ServiceRefusal';
  readonly status: number;
  /** Code of the problem document; `http_<status>` without one. */
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(`${detail} (${code})`);
    this.status = status;
    this.code = code;
  }
}

/**
 * Events behind the position are not there any more, or the database is another one (410 `position_gone`); on JetStream
 * the stream was replaced or has dropped messages that the consumer had not received. Begin again: build copies from
 * all users.
 */
export class PositionGone extends Error {
  override readonly name = 'PositionGone';
  /** The oldest number that can still be read, where it is known. */
  readonly oldest: string | null;

  constructor(message: string, oldest: string | null = null) {
    super(message);
    this.oldest = oldest;
  }
}

export interface ServiceRequest {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** The longest time until the response begins, until a whole body is read, and between two lines of a stream. */
  readonly timeoutMs: number;
}

export interface ServiceResponse {
  readonly headers: Headers;
  /** Reads JSON lines as they arrive, for bodies of any length. @throws Transient when the body is cut off */
  stream(): AsyncGenerator<readonly unknown[]>;
  /** Reads all JSON lines of a body of at most 16 MiB. @throws Transient when it is cut off or larger */
  lines(): Promise<readonly unknown[]>;
}

/**
 * Requests of consumers and copies. Unlike the calls of the client they have no deadline for all attempts, since a
 * source repeats its reads as long as an outage lasts; and failures are thrown, since they pass through streams.
 */
export interface Service {
  /** @throws Transient, PositionGone, ServiceRefusal; the reason of the signal once it aborts */
  request(path: string, request: ServiceRequest): Promise<ServiceResponse>;
}

/** A user has less than 2 KB, an event with all included values, too. */
const MAX_LINE_LENGTH = 1_048_576;
const MAX_BODY_BYTES = 16 * 1_048_576;
const MAX_PROBLEM_BYTES = 65_536;
/** The longest `Retry-After` that is followed. */
const MAX_RETRY_AFTER_SECONDS = 3_600;

/** @throws TypeError for a URL or key of a wrong form */
export function connectToService(options: ServiceOptions): Service {
  const base = new URL(options.url);
  if (!/^https?:$/.test(base.protocol)) throw new TypeError('The URL must begin with https://.');
  if (options.key === '') throw new TypeError('Give the service key.');
  const prefix = base.origin + base.pathname.replace(/\/+$/, '');
  const send = options.fetch ?? globalThis.fetch;
  return {
    async request(path, { method = 'GET', body, signal, timeoutMs }) {
      const silence = new AbortController();
      const waiting: Waiting = {
        ...{ signal, timeoutMs, giveUp: () => silence.abort() },
        bounded: AbortSignal.any([signal, silence.signal]),
      };
      const key = await within(waiting, 'The service key cannot be read.', () =>
        typeof options.key === 'string' ? options.key : options.key(),
      );
      const response = await within(waiting, 'The user service cannot be reached.', () =>
        send(prefix + path, {
          method,
          // The key goes to no other server.
          redirect: 'error',
          headers: {
            authorization: `Bearer ${key}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: waiting.bounded,
        }),
      );
      if (!response.ok) throw await failureOf(response, waiting);
      return {
        headers: response.headers,
        stream: () => readStream(response, waiting),
        lines: () => readAll(response, waiting),
      };
    },
  };
}

interface Waiting {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly giveUp: () => void;
  /** Aborts with `signal`, and after `giveUp`. */
  readonly bounded: AbortSignal;
}

/** @throws Transient with the message when the work fails or takes too long; the reason of the signal once it aborts */
async function within<T>(
  { signal, timeoutMs, giveUp, bounded }: Waiting,
  message: string,
  work: () => T | Promise<T>,
): Promise<T> {
  const timer = setTimeout(giveUp, timeoutMs);
  try {
    return await untilAborted(work, bounded);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Transient(message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function failureOf(response: Response, waiting: Waiting): Promise<Error> {
  const { status, headers } = response;
  const text = await within(waiting, CUT_OFF, () => readText(response, MAX_PROBLEM_BYTES));
  const problem = parseObject(text ?? '');
  const code = typeof problem.code === 'string' ? problem.code : `http_${status}`;
  const detail = typeof problem.detail === 'string' ? problem.detail : `HTTP status ${status}`;
  if (status === 410 && code === 'position_gone') {
    const { oldest } = problem;
    return new PositionGone(detail, oldest === undefined ? null : String(oldest));
  }
  // Busy, or failing for a while; proxies have further numbers for it.
  const isPassing = status === 408 || status === 429 || status >= 500;
  if (!isPassing) return new ServiceRefusal(status, code, detail);
  const seconds = retryAfterSeconds(headers.get('retry-after'), Date.now()) ?? 0;
  return new Transient(`${detail} (${code})`, {
    retryAfterMs: Math.min(seconds, MAX_RETRY_AFTER_SECONDS) * 1_000,
  });
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

const CUT_OFF = 'The response was cut off.';

/** A line has to be complete within the time: a server that sends a byte now and then makes no progress. */
async function* readStream(
  response: Response,
  waiting: Waiting,
): AsyncGenerator<readonly unknown[]> {
  const pieces = readLines(response, { maxLineLength: MAX_LINE_LENGTH });
  try {
    for (;;) {
      const piece = await within(waiting, CUT_OFF, () => pieces.next());
      if (piece.done === true) return;
      yield piece.value.map(parseLine);
    }
  } finally {
    // After an error it waits for a read that may never end.
    void pieces.return();
  }
}

function readAll(response: Response, waiting: Waiting): Promise<readonly unknown[]> {
  const bounds = { maxLineLength: MAX_BODY_BYTES, maxBytes: MAX_BODY_BYTES };
  return within(waiting, CUT_OFF, async () => {
    const values: unknown[] = [];
    for await (const lines of readLines(response, bounds)) values.push(...lines.map(parseLine));
    return values;
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Transient(CUT_OFF, { cause: error });
  }
}
