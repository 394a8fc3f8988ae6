import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { DomainError, type DomainErrorCode } from '../../domain/errors.ts';

/** The description of a span. Neither the name nor a value may come from input. */
export interface SpanSpec {
  readonly name: string;
  readonly kind?: 'client' | 'server' | 'producer';
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** A span that starts a trace in this process; it lasts until `end`. */
export interface OpenSpan {
  /** Runs work; spans within it become children of this one. */
  run<T>(work: () => T): T;
  /** Only the first call counts. */
  end(outcome?: SpanOutcome): void;
}

export interface SpanOutcome {
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** An error code or class name, never a message. */
  readonly errorType?: string | undefined;
  /** Whether this service or one of its dependencies failed. */
  readonly failed?: boolean;
}

export interface Spans {
  /** @param traceparent from the caller (W3C Trace Context); a malformed one is ignored, and a new trace starts */
  begin(spec: SpanSpec, traceparent?: string): OpenSpan;
  /** Runs work in a span of the current trace. Without a recorded trace, runs the work without a span. */
  within<T>(spec: SpanSpec, work: () => T): T;
  /** Runs work in a span that starts a new trace. */
  root<T>(spec: SpanSpec, work: () => T): T;
  /** The id of the current trace. */
  traceId(): string | undefined;
}

const KINDS = {
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
} as const;

/** Domain errors that are failures of the service, not of the caller. */
const SERVICE_FAILURES: ReadonlySet<DomainErrorCode> = new Set([
  'overloaded',
  'unavailable',
  'outcome_unknown',
]);

/** Creates spans with the tracer. The current span follows asynchronous calls. */
export function createSpans(tracer: Tracer): Spans {
  const contexts = new AsyncLocalStorage<Context>();

  function start({ name, kind, attributes }: SpanSpec, parent: Context): Span {
    return tracer.startSpan(
      name,
      {
        kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind],
        ...(attributes === undefined ? {} : { attributes: attributes as Attributes }),
      },
      parent,
    );
  }

  function runIn<T>(span: Span, parent: Context, work: () => T): T {
    let result: T;
    try {
      result = contexts.run(trace.setSpan(parent, span), work);
    } catch (error) {
      end(span, outcomeOf(error));
      throw error;
    }
    if (!(result instanceof Promise)) {
      span.end();
      return result;
    }
    return result.then(
      (value: unknown) => {
        span.end();
        return value;
      },
      (error: unknown) => {
        end(span, outcomeOf(error));
        throw error;
      },
    ) as T;
  }

  return {
    begin(spec, traceparent) {
      const parent = parentOf(traceparent);
      const span = start(spec, parent);
      const context = trace.setSpan(parent, span);
      let isOpen = true;
      return {
        run: (work) => contexts.run(context, work),
        end(outcome = {}) {
          if (isOpen) end(span, outcome);
          isOpen = false;
        },
      };
    },
    within(spec, work) {
      const parent = contexts.getStore();
      if (parent === undefined || trace.getSpan(parent)?.isRecording() !== true) return work();
      return runIn(start(spec, parent), parent, work);
    },
    root: (spec, work) => runIn(start(spec, ROOT_CONTEXT), ROOT_CONTEXT, work),
    traceId() {
      const context = contexts.getStore();
      return context === undefined ? undefined : trace.getSpanContext(context)?.traceId;
    },
  };
}

/** Ignores `tracestate`: it is text of other vendors, and this service passes it on to no one. */
function parentOf(traceparent: string | undefined): Context {
  const remote = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (remote === null) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true });
}

function end(span: Span, { attributes = {}, errorType, failed }: SpanOutcome): void {
  span.setAttributes({
    ...attributes,
    ...(errorType === undefined ? {} : { 'error.type': errorType }),
  });
  if (failed === true) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** A span has only the type of an error: messages and stacks may contain input. */
function outcomeOf(error: unknown): SpanOutcome {
  if (error instanceof DomainError) {
    return { errorType: error.code, failed: SERVICE_FAILURES.has(error.code) };
  }
  const name = error instanceof Error ? error.name : '';
  return { errorType: /^[A-Za-z]{1,40}$/.test(name) ? name : '_OTHER', failed: true };
}
