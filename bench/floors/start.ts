import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '../../test/support/child-process.ts';
import type { Slice } from '../compare.ts';
import type { FloorOrder, ServerOrder, WorkOrder } from './order.ts';

/** Threads of libuv's pool beyond the number of cores, as in the launcher of the service. */
const SPARE_THREADS = 4;

export interface Floor {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<unknown>;
}

/** Starts a bare server in a process of its own. */
export async function startFloor(order: ServerOrder): Promise<Floor> {
  const child = await floorProcess(order, {});
  const line = await child.waitForLine(/^listening /, 30_000);
  return { url: line.replace('listening ', ''), pid: child.pid, stop: () => child.stop() };
}

/** Runs the work in a process of its own, with a thread pool of the same size as the service. */
export async function runFloor(order: WorkOrder): Promise<Slice> {
  const threads = availableParallelism() + SPARE_THREADS;
  const child = await floorProcess(order, { UV_THREADPOOL_SIZE: String(threads) });
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`the floor failed: ${child.output().slice(-2_000)}`);
  return JSON.parse(child.stdout()) as Slice;
}

async function floorProcess(order: FloorOrder, env: Record<string, string>) {
  const args = ['--import', 'tsx', join(import.meta.dirname, 'main.ts')];
  return await startProcess(process.execPath, args, {
    cwd: join(import.meta.dirname, '..', '..'),
    env: { ...process.env, ...env, NODE_ENV: 'production', BENCH_FLOOR: JSON.stringify(order) },
  });
}
