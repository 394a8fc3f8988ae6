import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

/** A span as it was exported. */
export interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a span that begins a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** As OTLP numbers them: 1 internal, 2 server, 3 client, 4 producer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** 2 for an error. */
  readonly status: number;
}

/** What a collector does with an export: `ok` takes it, `hang` never answers, `reset` cuts the connection; or a status. */
export type CollectorMode = 'ok' | 'hang' | 'reset' | number;

/** An OpenTelemetry collector (OTLP over HTTP with JSON) on a free port of 127.0.0.1, gone with the test. */
export interface TraceCollector {
  readonly url: string;
  readonly spans: () => readonly ExportedSpan[];
  /** Every body as it came. */
  readonly bodies: readonly string[];
  /** Exports that came, whatever became of them. */
  readonly requests: readonly {
    readonly path: string;
    readonly headers: Readonly<Record<string, unknown>>;
  }[];
  readonly attributesOfService: () => Readonly<Record<string, string | number>>;
  readonly behave: (mode: CollectorMode) => void;
  /** Waits until a span of this name has come; of this trace, if one is given. */
  readonly waitFor: (name: string, traceId?: string) => Promise<ExportedSpan>;
  readonly stop: () => Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ExportedSpan, 'attributes' | 'status' | 'parentSpanId'> & {
        readonly parentSpanId?: string;
        readonly attributes: readonly Attribute[];
        readonly status: { readonly code: number };
      })[];
    }[];
  }[];
}

/** Starts one that takes whatever comes. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const bodies: string[] = [];
  const requests: { path: string; headers: Record<string, unknown> }[] = [];
  let mode: CollectorMode = 'ok';
  const server = createServer(async (request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (mode === 'ok') bodies.push(Buffer.concat(chunks).toString());
    answer(response, mode);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const exported = () => bodies.flatMap((body) => (JSON.parse(body) as Export).resourceSpans);
  const spans = (): readonly ExportedSpan[] =>
    exported().flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap((scope) =>
        scope.spans.map((span) => ({
          ...span,
          parentSpanId: span.parentSpanId ?? '',
          attributes: valuesOf(span.attributes),
          status: span.status.code,
        })),
      ),
    );
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    bodies,
    requests,
    attributesOfService: () => valuesOf(exported()[0]?.resource.attributes ?? []),
    behave: (next) => {
      mode = next;
    },
    waitFor: (name, traceId) =>
      eventually(
        () => {
          const found = spans().find(
            (span) => span.name === name && (traceId ?? span.traceId) === span.traceId,
          );
          if (found !== undefined) return found;
          throw new Error(`there is ${spans().map((span) => span.name)}`);
        },
        { what: `the span ${name}`, timeoutMs: 10_000 },
      ),
    stop,
  };
}

function answer(response: ServerResponse, mode: CollectorMode): void {
  if (mode === 'hang') return;
  if (mode === 'reset') response.socket?.resetAndDestroy();
  else
    response
      .writeHead(mode === 'ok' ? 200 : mode, { 'content-type': 'application/json' })
      .end('{}');
}

function valuesOf(attributes: readonly Attribute[]): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? '']),
  );
}
