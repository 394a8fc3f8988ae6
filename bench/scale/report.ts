import { table } from '../report.ts';
import type { Versions } from '../versions.ts';
import type { PathTimes } from './measure-size.ts';
import { sizeAsText } from './sizes.ts';

/** A path's times at each size, as soon as they are measured. */
export function pathAsLine(bySize: readonly PathTimes[]): string {
  const times = bySize.map(({ p50Ms, p99Ms }) => `${time(p50Ms)} / ${time(p99Ms)}`);
  return `${bySize[0]?.title ?? ''}: ${times.join('   ')} ms`;
}

/** A table of all paths: the times at each size, and the ratio of the largest to the smallest. */
export function writeScaleReport(
  bySize: ReadonlyMap<number, readonly PathTimes[]>,
  measured: {
    readonly samples: number;
    readonly machine: string;
    readonly versions: Versions;
    readonly day: string;
  },
): string {
  const sizes = [...bySize.keys()];
  const smallest = bySize.get(sizes[0] ?? 0) ?? [];
  const largest = bySize.get(sizes.at(-1) ?? 0) ?? [];
  const rows = smallest.map((one, index) => {
    const last = largest[index] ?? one;
    const ratio = `${(last.p50Ms / one.p50Ms).toFixed(1)} / ${(last.p99Ms / one.p99Ms).toFixed(1)}`;
    const times = sizes.map((size) => {
      const path = bySize.get(size)?.[index] ?? one;
      return `${time(path.p50Ms)} / ${time(path.p99Ms)}`;
    });
    return [one.title, ...times, ratio];
  });
  const ends = `${sizeAsText(sizes.at(-1) ?? 0)} : ${sizeAsText(sizes[0] ?? 0)}`;
  return [
    '# Times by the number of users',
    '<!-- Written by `npm run bench:scale`. -->',
    `Measured on ${measured.day} on ${measured.machine}, Node.js ${measured.versions['Node.js']}: p50 / p99 in milliseconds of ${measured.samples} requests, one at a time, each sample at all sizes in turn. Rows with SQL are the statements of the service alone; the others are whole requests over HTTP, without Redis. The names are those of \`examples/people.ndjson\`. For each five users one event and one revoked session are waiting, up to two million.`,
    table(['', ...sizes.map(sizeAsText), ends], rows),
    '',
  ].join('\n\n');
}

function time(ms: number): string {
  return ms.toFixed(ms < 10 ? 2 : 0);
}
