import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '../test/support/child-process.ts';
import type { FloorOrder, ServerOrder, WorkOrder } from './floor-order.ts';

/** Threads of libuv's pool beyond the number of cores, as in the launcher of the service. */
const SPARE_THREADS = 4;

/** The figures of a load or a floor. */
export interface Figures {
  /** Successful responses. */
  readonly perSecond: number;
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

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly requests: readonly LoadRequest[];
  /** Requests a second in total; as many as the server can process by default. */
  readonly rate?: number;
}

/** Sends the load from another process. @throws Error when requests fail: the figures would be meaningless */
export async function runLoad(load: Load): Promise<Figures> {
  const child = await startProcess(process.execPath, [join(import.meta.dirname, 'load.mjs')], {
    input: JSON.stringify(load),
  });
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`the load generator failed: ${child.output().slice(-2_000)}`);
  const figures = JSON.parse(child.stdout()) as Figures;
  const failed = Object.entries(figures.statuses).filter(([status]) => Number(status) >= 300);
  if (failed.length > 0 || figures.errors > 0 || figures.perSecond === 0) {
    throw new Error(
      `${load.requests[0]?.method} ${load.requests[0]?.path}: ${figures.errors} errors, statuses ${JSON.stringify(figures.statuses)}`,
    );
  }
  return figures;
}

export interface Floor {
  readonly url: string;
  stop(): Promise<unknown>;
}

/** Starts a bare server in a process of its own. */
export async function startFloor(order: ServerOrder): Promise<Floor> {
  const child = await floorProcess(order, {});
  const line = await child.waitForLine(/^listening /);
  return { url: line.replace('listening ', ''), stop: () => child.stop() };
}

/** Runs the work in a process of its own, with a thread pool of the same size as the service. */
export async function runFloor(order: WorkOrder): Promise<Figures> {
  const threads = availableParallelism() + SPARE_THREADS;
  const child = await floorProcess(order, { UV_THREADPOOL_SIZE: String(threads) });
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`the floor failed: ${child.output().slice(-2_000)}`);
  return JSON.parse(child.stdout()) as Figures;
}

async function floorProcess(order: FloorOrder, env: Record<string, string>) {
  const args = ['--import', 'tsx', join(import.meta.dirname, 'floor.ts')];
  return await startProcess(process.execPath, args, {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, ...env, NODE_ENV: 'production', BENCH_FLOOR: JSON.stringify(order) },
  });
}

/** The means of several rounds; all rounds have the same length. */
export function merge(rounds: readonly Figures[]): Figures {
  const mean = (read: (figures: Figures) => number): number =>
    rounds.reduce((sum, figures) => sum + read(figures), 0) / rounds.length;
  return {
    perSecond: mean((figures) => figures.perSecond),
    p50Ms: mean((figures) => figures.p50Ms),
    p99Ms: mean((figures) => figures.p99Ms),
    errors: 0,
    statuses: {},
  };
}
