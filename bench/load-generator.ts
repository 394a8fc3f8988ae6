import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Side, Slice } from './compare.ts';
import { readCpuMs } from './process-usage.ts';

/** What a client saw. */
export interface Figures {
  /** Successful responses: the only ones that are timed. */
  readonly perSecond: number;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests without a response. */
  readonly errors: number;
  /** Responses by HTTP status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** A request of a load; `{{n}}` in the body becomes another value in each request. */
export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As many requests as the server can process, on `connections` keep-alive connections. */
interface ClosedLoop {
  readonly kind: 'closed';
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Sent in turn by each connection. */
  readonly requests: readonly LoadRequest[];
}

/** `rate` requests a second at even intervals, whether or not earlier ones have their responses. */
interface OpenLoop {
  readonly kind: 'open';
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly rate: number;
  readonly requests: readonly LoadRequest[];
  /** Addresses of this machine from which the client connects, in turn; 127.0.0.1 by default. */
  readonly addresses?: readonly string[];
}

/** Each request is sent once, from `connections` connections. */
interface Once {
  readonly kind: 'once';
  readonly url: string;
  readonly connections: number;
  readonly requests: readonly LoadRequest[];
}

/** Each connection refreshes its session again and again. */
interface Refreshes {
  readonly kind: 'refresh';
  readonly url: string;
  readonly seconds: number;
  /** One for each connection. */
  readonly refreshTokens: readonly string[];
}

/** Requests over NATS, `inFlight` at a time. */
interface NatsRequests {
  readonly kind: 'nats';
  readonly server: string;
  readonly inFlight: number;
  readonly seconds: number;
  readonly messages: readonly { readonly subject: string; readonly data: string }[];
  readonly headers: Readonly<Record<string, string>>;
}

export type Load = ClosedLoop | OpenLoop | Once | Refreshes | NatsRequests;

/** The figures, and what later loads need: the tokens that the refreshes returned last and in all. */
export interface LoadReport extends Figures {
  readonly refreshTokens?: readonly string[];
  readonly accessTokens?: readonly string[];
}

/** A process that sends requests, so that doing so takes no CPU time of a server's event loop. */
export interface LoadGenerator {
  /** Loads may run at the same time. @throws Error when the load cannot be sent */
  run(load: Load): Promise<LoadReport>;
  stop(): void;
}

/** Starts the process. It keeps its compiled code from one load to the next, and ends with this process. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(join(import.meta.dirname, 'load-process.mjs'), { execArgv: [] });
  const waiting = new Map<
    number,
    { resolve(report: LoadReport): void; reject(error: Error): void }
  >();
  let number = 0;
  child.on('message', (message: { number: number; report?: LoadReport; error?: string }) => {
    const caller = waiting.get(message.number);
    waiting.delete(message.number);
    if (message.report !== undefined) caller?.resolve(message.report);
    else caller?.reject(new Error(`the load generator failed: ${message.error}`));
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the load generator ended'));
    waiting.clear();
  });
  return {
    run: (load) =>
      new Promise((resolve, reject) => {
        number += 1;
        waiting.set(number, { resolve, reject });
        child.send({ number, load });
      }),
    stop: () => child.disconnect(),
  };
}

/**
 * @param refusals statuses that are expected beside success, and are not counted
 * @throws Error when other requests failed: the figures would be meaningless
 */
export async function runLoad(
  generator: LoadGenerator,
  load: Load,
  refusals: readonly number[] = [],
): Promise<LoadReport> {
  const report = await generator.run(load);
  const statuses = Object.keys(report.statuses).map(Number);
  const failed = statuses.some((status) => status >= 300 && !refusals.includes(status));
  if (failed || report.errors > 0 || report.count === 0) {
    throw new Error(
      `${load.kind} load, ${report.count} successes: ${report.errors} errors, statuses ${JSON.stringify(report.statuses)}`,
    );
  }
  return report;
}

/** V8 compiles the code of a server for some seconds of load; until then a request costs up to ten times as much. */
export const WARM_UP_SECONDS = 4;

/**
 * The side of a server that answers this load.
 * @param server the process whose CPU time counts
 * @param load made for the warm-up and for each slice
 * @param options `refusals` as for `runLoad`; `after` takes each report, with the tokens for the next load
 */
export function loadSide(
  generator: LoadGenerator,
  server: { readonly title: string; readonly pid: number },
  load: () => Load | Promise<Load>,
  options: {
    readonly refusals?: readonly number[];
    readonly after?: (report: LoadReport) => void;
  } = {},
): Side {
  async function run(): Promise<Slice> {
    const next = await load();
    const before = readCpuMs(server.pid);
    const report = await runLoad(generator, next, options.refusals);
    const after = readCpuMs(server.pid);
    options.after?.(report);
    const { perSecond, p50Ms, p99Ms, count } = report;
    const cpuUs = before === null || after === null ? null : ((after - before) * 1_000) / count;
    return { perSecond, p50Ms, p99Ms, cpuUs };
  }
  const warmUp = async () => {
    const next = await load();
    const longer =
      'seconds' in next ? { ...next, seconds: Math.max(next.seconds, WARM_UP_SECONDS) } : next;
    options.after?.(await generator.run(longer));
  };
  return { title: server.title, warmUp, slice: run };
}
