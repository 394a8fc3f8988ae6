/** Attributes of a span: codes and templates, never input of the caller. */
type SpanAttributes = Readonly<Record<string, string | number>>;

/** The span of one request. */
export interface RequestSpan {
  /** Runs work inside the span: its own spans and log lines belong to the request. */
  run<T>(work: () => T): T;
  /** Later calls have no effect. */
  end(outcome: {
    readonly attributes?: SpanAttributes;
    readonly errorType?: string | undefined;
    /** True for a failure of the service, not for a rejection of the request. */
    readonly failed?: boolean;
  }): void;
}

export interface RequestTracer {
  begin(request: {
    readonly name: string;
    readonly attributes: SpanAttributes;
    /** The caller's `traceparent` (W3C Trace Context), unvalidated. An invalid one starts a new trace. */
    readonly traceparent: string | undefined;
  }): RequestSpan;
}
