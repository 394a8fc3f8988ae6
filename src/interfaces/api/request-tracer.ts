/** Values of a span: codes and templates, never what a caller sent. */
type SpanValues = Readonly<Record<string, string | number>>;

/** One request in a trace, until it is ended. */
export interface RequestSpan {
  /** Runs work so that whatever it starts and logs belongs to the request. */
  run<T>(work: () => T): T;
  /** Only the first call counts. */
  end(outcome: {
    readonly attributes?: SpanValues;
    readonly errorType?: string | undefined;
    /** Whether the failure is the service's. */
    readonly failed?: boolean;
  }): void;
}

/** Puts requests into traces. */
export interface RequestTracer {
  begin(request: {
    readonly name: string;
    readonly attributes: SpanValues;
    /** The caller's `traceparent` (W3C Trace Context), whatever it holds. */
    readonly traceparent: string | undefined;
  }): RequestSpan;
}
