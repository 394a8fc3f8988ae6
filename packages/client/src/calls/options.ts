/** Settings of a client. Times are in milliseconds. */
export interface ClientOptions {
  /** Base URL of the service, such as `https://users.example.com` or `https://example.com/users-api`. */
  readonly url: string;
  /** Key of a service account (`usk_…`). It is sent as bearer token, and never to public operations. */
  readonly key?: string | undefined;
  /**
   * Access token of a user, in place of `key`. A function is called for each attempt; without a token the request
   * has no credentials. When it throws or rejects, the call ends with the problem `token_error`.
   */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Sends the requests; the global `fetch` by default. */
  readonly fetch?: FetchLike | undefined;
  /** Bound of a whole call, with all attempts and the waits between them; 10 s by default. */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first one; 3 by default, 0 turns retries off. */
  readonly retries?: Retries | undefined;
  /**
   * Once it aborts, no attempt follows: pauses end, an attempt in flight finishes, and the call ends with its result.
   * For programs that shut down. Calls after that have one attempt.
   */
  readonly retrySignal?: AbortSignal | undefined;
  /** First pause before a retry; it doubles up to `maxDelayMs`. 200 ms by default. */
  readonly firstDelayMs?: number | undefined;
  /** Longest pause before a retry that no `Retry-After` asks for; 5 s by default. */
  readonly maxDelayMs?: number | undefined;
  /** Largest body that is read, in bytes; 8 MiB by default. A larger one is an `invalid_response`. */
  readonly maxResponseBytes?: number | undefined;
  /** `User-Agent` of the requests. Browsers may ignore it. */
  readonly userAgent?: string | undefined;
  /** Id of each call, sent as `X-Request-Id`; a random UUID by default. */
  readonly requestId?: (() => string) | undefined;
  /** Milliseconds since 1970, for tests; the clock by default. */
  readonly now?: (() => number) | undefined;
  /** Waits before a retry, for tests. It ends early, without an error, when the signal aborts. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** From 0 to 1, for the jitter of pauses; `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}

/**
 * Attempts after the first one, or a function that says after each problem whether to try again. Also then, what may
 * have been done is repeated only if it takes effect once.
 */
export type Retries =
  | number
  | ((problem: { readonly code: string; readonly status: number }) => boolean);

/** The part of `fetch` that the client calls. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** Settings of one call, which count before those of the client. */
export interface CallOptions {
  /** Ends the call with the problem `aborted`. The service may have performed the request. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly retries?: Retries | undefined;
  /** Access token of the user that this call is for. */
  readonly token?: string | undefined;
  readonly requestId?: string | undefined;
  /** Further headers of the request, such as `traceparent`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** For operations that take effect once for each key. */
export interface WriteOptions extends CallOptions {
  /**
   * 16 to 255 visible ASCII characters; a random UUID by default. All attempts of a call have the same key. Give your
   * own to repeat a call after a restart of your program: within 24 hours it takes effect once.
   */
  readonly idempotencyKey?: string | undefined;
}

/** For operations that may check what they change. */
export interface IfVersion {
  /** `version` as you have read it: when the service has another one by now, the problem is `version_mismatch`. */
  readonly ifVersion?: number | undefined;
}

/** For operations that must check what they change. */
export interface NeedsVersion {
  /** `version` as you have read it: when the service has another one by now, the problem is `version_mismatch`. */
  readonly ifVersion: number;
}

/** For operations on an account, which `users.acts` lists. */
export interface ActedBy {
  /** The person behind the service key. Any text; it is encoded for the header. */
  readonly operator?: string | undefined;
}

/** For operations on an account, which `users.acts` lists. */
export interface ActNote extends ActedBy {
  readonly reason?: string | undefined;
}

/** For operations whose response is a stream: `timeoutMs` ends with its headers, `signal` also stops the body. */
export interface StreamOptions extends CallOptions {
  /** Media type of the response, such as `text/event-stream`; the first one of the operation by default. */
  readonly accept?: string | undefined;
}
