import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `/proc` counts in ticks of 10 ms on every Linux that Node.js supports. */
const MS_PER_TICK = 10;

/**
 * CPU time of a process since its start, in milliseconds: all threads, user and system.
 * @returns null where there is no `/proc`, as on macOS
 */
export function readCpuMs(pid: number): number | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  return parseCpuMs(stat);
}

/** @param stat the text of `/proc/<pid>/stat`; the second field, the name, may contain spaces and parentheses */
export function parseCpuMs(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [afterName[11], afterName[12]].map(Number);
  return ((userTicks ?? 0) + (systemTicks ?? 0)) * MS_PER_TICK;
}

/** Resident memory of a process in MB (10^6 bytes). */
export function readResidentMb(pid: number): number {
  const kib = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return (Number(kib) * 1_024) / 1e6;
}
