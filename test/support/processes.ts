import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';

/** Pids of the direct children of `pid`, without zombies. */
export function listChildren(pid: number): number[] {
  return listProcesses()
    .filter(({ parent, zombie }) => parent === pid && !zombie)
    .map((process) => process.pid);
}

/** @returns false when the process does not exist. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Resolves when none of `pids` is running. A zombie counts as ended. */
export async function waitUntilGone(pids: readonly number[], timeoutMs = 10_000): Promise<void> {
  const wanted = new Set(pids);
  await eventually(
    () => {
      const alive = listProcesses().filter(({ pid, zombie }) => wanted.has(pid) && !zombie);
      if (alive.length > 0) throw new Error(`still running: ${alive.map(({ pid }) => pid)}`);
    },
    { timeoutMs, what: `the end of process ${pids.join(', ')}` },
  );
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly zombie: boolean;
}

/** Reads /proc when it exists, since slim Linux images have no ps; otherwise runs ps. */
function listProcesses(): ProcessRow[] {
  const rows = existsSync('/proc/self/stat') ? statLines() : psLines();
  return rows.flatMap((row) => {
    const [pid, state, parent] = row;
    if (pid === undefined || state === undefined || parent === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), zombie: state.startsWith('Z') }];
  });
}

function statLines(): string[][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // proc(5): "pid (command) state ppid …"; the command may contain blanks and brackets.
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return [[pid, ...stat.slice(stat.lastIndexOf(')') + 2).split(' ', 2)]];
      } catch {
        return []; // the process has ended
      }
    });
}

function psLines(): string[][] {
  return execFileSync('ps', ['-axo', 'pid=,stat=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
}
