import { readText } from '../lib/read-text.ts';
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
  /** The longest time without progress: until the response begins, and between two pieces of its body. */
  readonly timeoutMs: number;
}

export interface ServiceResponse {
  readonly headers: Headers;
  /** Reads the body. @throws Transient when it is cut off */
  lines(): AsyncGenerator<readonly unknown[]>;
}

export interface Service {
  /** @throws Transient, PositionGone, ServiceRefusal; the reason of the signal once it aborts */
  request(path: string, request: ServiceRequest): Promise<ServiceResponse>;
}

/** Busy, or failing for a while. */
const LATER = new Set([408, 429, 500, 502, 503, 504]);
/** A user has less than 2 KB, an event with all included values, too. */
const MAX_LINE_LENGTH = 1_048_576;
const MAX_PROBLEM_BYTES = 65_536;

/** @throws TypeError for a URL or key of a wrong form */
export function connectToService(options: ServiceOptions): Service {
  const base = new URL(options.url);
  if (!/^https?:$/.test(base.protocol)) throw new TypeError('The URL must begin with https://.');
  if (options.key === '') throw new TypeError('Give the service key.');
  const prefix = base.origin + base.pathname.replace(/\/+$/, '');
  const send = options.fetch ?? globalThis.fetch;
  return {
    async request(path, { method = 'GET', body, signal, timeoutMs }) {
      const key = typeof options.key === 'string' ? options.key : await options.key();
      const silence = new AbortController();
      const bounded = AbortSignal.any([signal, silence.signal]);
      const waiting: Waiting = { signal, timeoutMs, giveUp: () => silence.abort() };
      const response = await progress(waiting, () =>
        send(prefix + path, {
          method,
          // The key goes to no other server.
          redirect: 'error',
          headers: {
            authorization: `Bearer ${key}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: bounded,
        }),
      );
      if (!response.ok) throw await failureOf(response, waiting);
      return { headers: response.headers, lines: () => readLines(response, waiting) };
    },
  };
}

interface Waiting {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly giveUp: () => void;
}

async function progress<T>(
  { signal, timeoutMs, giveUp }: Waiting,
  work: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(giveUp, timeoutMs);
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Transient('The user service cannot be reached.', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function failureOf(response: Response, waiting: Waiting): Promise<Error> {
  const { status, headers } = response;
  const text = await progress(waiting, () => readText(response, MAX_PROBLEM_BYTES));
  const problem = parseObject(text ?? '');
  const code = typeof problem.code === 'string' ? problem.code : `http_${status}`;
  const detail = typeof problem.detail === 'string' ? problem.detail : `HTTP status ${status}`;
  if (status === 410 && code === 'position_gone') {
    const { oldest } = problem;
    return new PositionGone(detail, oldest === undefined ? null : String(oldest));
  }
  if (!LATER.has(status)) return new ServiceRefusal(status, code, detail);
  const seconds = Number(headers.get('retry-after') ?? 0);
  return new Transient(`${detail} (${code})`, {
    retryAfterMs: Number.isFinite(seconds) ? Math.min(seconds, 3_600) * 1_000 : 0,
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

/** The JSON lines of each piece of the body that arrives. */
async function* readLines(
  response: Response,
  waiting: Waiting,
): AsyncGenerator<readonly unknown[]> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    while (reader !== undefined) {
      const { done, value } = await progress(waiting, () => reader.read());
      const lines = (rest + (value ?? '')).split('\n');
      rest = done ? '' : (lines.pop() ?? '');
      if (rest.length > MAX_LINE_LENGTH) throw new Transient('The response has an endless line.');
      const values = lines.filter((line) => line !== '').map(parseLine);
      if (values.length > 0) yield values;
      if (done) return;
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Transient('The response was cut off.', { cause: error });
  }
}
