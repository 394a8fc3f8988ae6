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

/** What a span says of a piece of work. Neither the name nor a value may be anybody's input. */
export interface SpanSpec {
  readonly name: string;
  readonly kind?: 'client' | 'server' | 'producer';
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** A span that begins a trace in this process, until it is ended. */
export interface OpenSpan {
  /** Runs work so that the spans within it are children of this one. */
  run<T>(work: () => T): T;
  /** Only the first call counts. */
  end(outcome?: SpanOutcome): void;
}

/** How a piece of work ended. */
export interface SpanOutcome {
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** A code or the name of a class, never a message. */
  readonly errorType?: string | undefined;
  /** Whether it is this service, or what it stands on, that failed. */
  readonly failed?: boolean;
}

/** The spans of one process. */
export interface Spans {
  /** @param traceparent of the caller (W3C Trace Context); whatever has not that form begins a trace of its own. */
  begin(spec: SpanSpec, traceparent?: string): OpenSpan;
  /** Runs work in a span of the trace that the caller is in; without one, or in one that is not kept, just runs it. */
  within<T>(spec: SpanSpec, work: () => T): T;
  /** Runs work in a span that begins a trace. */
  root<T>(spec: SpanSpec, work: () => T): T;
  /** The trace that the caller is in. */
  traceId(): string | undefined;
}

const KINDS = {
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
} as const;

/** Refusals that are no fault of the caller. */
const OUR_FAULTS: ReadonlySet<DomainErrorCode> = new Set([
  'overloaded',
  'unavailable',
  'outcome_unknown',
]);

/** Spans of this tracer, found again by what an asynchronous call was started from. */
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

/** The `tracestate` beside it is other vendors' text, and goes nowhere from here. */
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

/** Messages and stacks may hold what somebody sent, so that a span only says what kind of error it was. */
function outcomeOf(error: unknown): SpanOutcome {
  if (error instanceof DomainError) {
    return { errorType: error.code, failed: OUR_FAULTS.has(error.code) };
  }
  const name = error instanceof Error ? error.name : '';
  return { errorType: /^[A-Za-z]{1,40}$/.test(name) ? name : '_OTHER', failed: true };
}
