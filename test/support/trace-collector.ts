import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

export interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** The number in OTLP: 1 internal, 2 server, 3 client, 4 producer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** 2 for an error. */
  readonly status: number;
}

/** The reaction to an export: `ok` accepts it, `hang` never responds, `reset` resets the connection; or an HTTP status. */
export type CollectorMode = 'ok' | 'hang' | 'reset' | number;

/** An OpenTelemetry collector (OTLP over HTTP with JSON) on a free port of 127.0.0.1; it stops with the test. */
export interface TraceCollector {
  readonly url: string;
  readonly spans: () => readonly ExportedSpan[];
  /** The bodies of accepted exports. */
  readonly bodies: readonly string[];
  /** All exports, accepted or not. */
  readonly requests: readonly {
    readonly path: string;
    readonly headers: Readonly<Record<string, unknown>>;
  }[];
  readonly attributesOfService: () => Readonly<Record<string, string | number>>;
  readonly behave: (mode: CollectorMode) => void;
  /** Waits for a span with this name, and of this trace if one is given. */
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

/** Starts a collector in mode `ok`. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const bodies: string[] = [];
  const requests: { path: string; headers: Record<string, unknown> }[] = [];
  let mode: CollectorMode = 'ok';
  const server = createServer(async (request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (mode === 'ok') bodies.push(Buffer.concat(chunks).toString());
    respond(response, mode);
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
          throw new Error(`received only ${spans().map((span) => span.name)}`);
        },
        { what: `the span ${name}`, timeoutMs: 10_000 },
      ),
    stop,
  };
}

function respond(response: ServerResponse, mode: CollectorMode): void {
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
