import { pause } from '../lib/backoff.ts';
import { readText } from '../lib/read-text.ts';
import { onAbort, untilAborted } from '../lib/until-aborted.ts';
import type { CallInfo } from '../result.ts';
import type { ClientOptions, Retries } from './options.ts';
import type { AnyReply } from './reply.ts';
import { delayMs, isRepeatable, mayBeDone, retryAfterSeconds } from './retry.ts';
import {
  baseOf,
  type Call,
  defined,
  documentOf,
  jsonOf,
  queryOf,
  randomId,
  requestOf,
} from './wire.ts';

const DEFAULTS = {
  timeoutMs: 10_000,
  retries: 3,
  firstDelayMs: 200,
  maxDelayMs: 5_000,
  maxResponseBytes: 8 * 1024 * 1024,
  fetch: (url: string, init: RequestInit): Promise<Response> => fetch(url, init),
  now: Date.now,
  random: Math.random,
  sleep: pause,
  requestId: randomId,
};

type Settings = Omit<typeof DEFAULTS, 'retries'> & { readonly retries: Retries } & Pick<
    ClientOptions,
    'key' | 'token' | 'userAgent' | 'retrySignal'
  >;

/** The service gives a used refresh token its successor again for 10 s; a later repetition would end the session. */
const REFRESH_REPEATABLE_MS = 8_000;

/** Sends one call: with retries, within the deadline, and without exceptions. */
export type Send = (call: Call) => Promise<AnyReply>;

/** @throws TypeError for a URL that is not the base URL of a service */
export function createSend({ url, ...options }: ClientOptions): Send {
  const base = baseOf(url);
  const settings: Settings = { ...DEFAULTS, ...defined(options) };
  return (call) => sendCall(base, call, settings);
}

async function sendCall(base: string, call: Call, ofClient: Settings): Promise<AnyReply> {
  const { operation, path, input, options } = call;
  const { signal, timeoutMs = ofClient.timeoutMs, retries = ofClient.retries } = options;
  const { now, random, sleep, retrySignal } = ofClient;
  const settings = { ...ofClient, timeoutMs, token: options.token ?? ofClient.token };
  const requestId = options.requestId ?? ofClient.requestId();
  const request = {
    url: base + path + (operation.input === 'q' ? queryOf(input) : ''),
    init: requestOf(call, ofClient.userAgent, requestId),
    requestId,
  };
  const control = new AbortController();
  const release = onAbort(signal, () => control.abort('aborted'));
  const timer = setTimeout(() => control.abort('deadline_exceeded'), timeoutMs);
  const startedAt = now();
  try {
    let maybeRepeated = false;
    for (let attempts = 1; ; attempts++) {
      const reply = await sendOnce(call, request, settings, control.signal);
      const ended: AnyReply = { ...reply, info: { ...reply.info, attempts, maybeRepeated } };
      if (ended.ok || control.signal.aborted || retrySignal?.aborted) return ended;
      if (ended.problem.code === 'token_error') return ended;
      const maybeDone = mayBeDone(ended.problem);
      const isWanted =
        typeof retries === 'function'
          ? retries(ended.problem)
          : attempts <= retries && maybeDone !== undefined;
      if (!isWanted || (maybeDone !== false && !isRepeatable(operation))) return ended;
      const { retry_after } = ended.problem as { readonly retry_after?: number };
      const pauses = { firstMs: settings.firstDelayMs, maxMs: settings.maxDelayMs };
      const waitMs = delayMs(attempts, pauses, random, retry_after);
      const limitMs = operation.flags.includes('g') ? REFRESH_REPEATABLE_MS : timeoutMs;
      if (now() - startedAt + waitMs >= Math.min(limitMs, timeoutMs)) return ended;
      maybeRepeated ||= maybeDone !== false;
      const resume = onAbort(retrySignal, () => control.abort('stopped'));
      await sleep(waitMs, control.signal);
      resume();
      if (control.signal.reason === 'stopped') return ended;
    }
  } finally {
    clearTimeout(timer);
    release();
  }
}

interface PreparedRequest {
  readonly url: string;
  readonly init: RequestInit & { readonly headers: Headers };
  readonly requestId: string;
}

async function sendOnce(
  { operation: { flags, codes }, options }: Call,
  { url, init, requestId }: PreparedRequest,
  settings: Settings,
  signal: AbortSignal,
): Promise<AnyReply> {
  let info: CallInfo = { requestId, status: 0, attempts: 1, replayed: false, maybeRepeated: false };
  const succeed = (data: unknown): AnyReply => ({ ok: true, data, info });
  const fail = (code: string, detail: string, more: object = {}): AnyReply => {
    const problem = { code, status: info.status, detail, request_id: requestId, ...more };
    return { ok: false, problem, info };
  };
  const headers = new Headers(init.headers);
  const { key, token } = settings;
  let credential: string | undefined;
  let isReady = false;
  try {
    if (!flags.includes('p')) {
      const read = typeof token === 'function' ? token : () => token ?? key;
      credential = await untilAborted(read, signal);
      if (credential) headers.set('authorization', `Bearer ${credential}`);
    }
    isReady = true;
    // The caller reads the body of a stream after the call, and may still abort it.
    const isStream = flags.includes('w');
    const ends = isStream && options.signal ? AbortSignal.any([signal, options.signal]) : signal;
    const request = { ...init, headers, signal: ends };
    const response = await untilAborted(() => settings.fetch(url, request), signal);
    const { status } = response;
    info = { ...info, status, replayed: response.headers.get('idempotent-replayed') === 'true' };
    if (isStream && (response.ok || status === 304)) return succeed(response);
    const text = await untilAborted(() => readText(response, settings.maxResponseBytes), signal);
    if (text === undefined)
      return fail('invalid_response', 'The body of the response is too large.');
    const type = response.headers.get('content-type') ?? 'no content type';
    const body = jsonOf(response, text);
    if (response.ok || (status === 503 && flags.includes('n') && !type.includes('problem'))) {
      if (flags.includes('t')) return succeed(text);
      if (text === '' || body !== undefined) return succeed(body);
    }
    const after = retryAfterSeconds(response.headers.get('retry-after'), settings.now());
    const waits = after === undefined ? {} : { retry_after: after };
    const document = response.ok ? undefined : documentOf(body);
    if (document === undefined) {
      const detail = `The response with status ${status} (${type}) is not one of the service.`;
      return fail('invalid_response', detail, waits);
    }
    const { code, detail } = document;
    return codes.has(code)
      ? fail(code, detail, { ...document, status, ...waits })
      : fail('unknown_problem', detail, { document, ...waits });
  } catch (cause) {
    info = { ...info, status: 0 };
    if (signal.reason === 'aborted') return fail('aborted', 'The call was aborted.');
    if (signal.aborted)
      return fail('deadline_exceeded', `There was no response within ${settings.timeoutMs} ms.`);
    if (isReady) return fail('network_error', 'The connection failed or was lost.', { cause });
    // An error about a token that no header can have repeats the token.
    return fail('token_error', 'There was no usable token.', credential ? {} : { cause });
  }
}
