// npm run bench:scale -- [--sizes 10k,1M,10M] [--samples 500] [--only read,search] [--output FILE]
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startPostgres } from '../test/support/postgres-server.ts';
import { type FilledSize, fillSize, measurePath, type PathTimes } from './scale/measure-size.ts';
import { PATHS } from './scale/paths.ts';
import { pathAsLine, writeScaleReport } from './scale/report.ts';
import { parseSizes } from './scale/sizes.ts';
import { libraryVersions } from './versions.ts';

/** Below it, a 99th percentile is a matter of one or two slow moments. */
const MIN_SAMPLES = 200;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10k,1M,10M' },
    samples: { type: 'string', default: '500' },
    only: { type: 'string', default: '' },
    output: { type: 'string' },
  },
});
const sizes = parseSizes(values.sizes);
const samples = Number(values.samples);
if (!Number.isInteger(samples) || samples < MIN_SAMPLES || samples > 100_000) {
  throw new Error(`--samples takes a whole number from ${MIN_SAMPLES} to 100000`);
}
const paths = PATHS.filter(({ id }) => values.only === '' || values.only.split(',').includes(id));
if (paths.length === 0) throw new Error(`--only takes ${PATHS.map(({ id }) => id).join()}`);

const startedAt = performance.now();
// Commits reach the disk, as in production; without it, the statements of a registration would be too fast.
const postgres = await startPostgres({
  durable: true,
  settings: { shared_buffers: '1GB', max_wal_size: '16GB' },
});
const filled: FilledSize[] = [];
try {
  for (const size of sizes) filled.push(await fillSize({ postgres, size, samples, progress }));
  progress('all sizes are filled');
  const bySize = new Map<number, PathTimes[]>(sizes.map((size) => [size, []]));
  for (const path of paths) {
    const measured = await measurePath(path, filled);
    for (const [index, size] of sizes.entries()) {
      const times = measured[index];
      if (times !== undefined) bySize.get(size)?.push(times);
    }
    progress(pathAsLine(measured));
  }
  const report = writeScaleReport(bySize, {
    samples,
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`,
    versions: libraryVersions(),
    day: new Date().toISOString().slice(0, 10),
  });
  if (values.output !== undefined) writeFileSync(values.output, report);
  console.log(report);
} finally {
  for (const one of filled) await one.close();
  await postgres.stop('immediate');
}

function progress(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5);
  console.error(`${seconds} s  ${text}`);
}
