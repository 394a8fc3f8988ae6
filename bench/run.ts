// npm run bench -- [--seconds 10] [--rounds 3] [--connections 50] [--only a,b,c,d,e,f,g] [--output docs/benchmarks.md]
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../test/support/postgres-server.ts';
import type { Context, Options, Result } from './context.ts';
import { measureRelay } from './relay.ts';
import { libraryVersions, type Versions, writeReport } from './report.ts';
import { measureOnPostgres, measureOnRedis, wants } from './requests.ts';
import { measureSlowestRequests } from './slowest-requests.ts';
import { measureStartUp } from './start-up.ts';
import { serverVersions } from './versions.ts';

const startedAt = performance.now();
const options = readOptions();
const postgres = await startPostgres({ durable: true });
try {
  const database = await postgres.createDatabase('bench');
  const context: Context = { options, postgres, database, progress };
  const results = await measureAll(context);
  const versions: Versions = { ...libraryVersions(), ...(await serverVersions(postgres)) };
  const report = writeReport(results, options, versions, new Date().toISOString().slice(0, 10));
  writeFileSync(options.output, formatted(report));
  console.log(report);
  progress(`written to ${options.output}`);
} finally {
  await postgres.stop();
}

/** Formats the report as `npm run check` requires. */
function formatted(report: string): string {
  const root = join(import.meta.dirname, '..');
  const biome = join(root, 'node_modules', '.bin', 'biome');
  const args = ['format', '--stdin-file-path=docs/benchmarks.md'];
  return execFileSync(biome, args, { cwd: root, input: report, encoding: 'utf8' });
}

async function measureAll(context: Context): Promise<Result[]> {
  const results: Result[] = [];
  // First, on an empty database: at start an instance reads the events of the last minutes.
  if (wants(context, 'f')) results.push(...(await measureStartUp(context)));
  if (['a', 'e'].some((id) => wants(context, id))) results.push(...(await measureOnRedis(context)));
  if (['b', 'c', 'e'].some((id) => wants(context, id))) {
    results.push(...(await measureOnPostgres(context)));
  }
  if (wants(context, 'd')) results.push(...(await measureRelay(context)));
  if (wants(context, 'g')) results.push(...(await measureSlowestRequests(context)));
  return results.sort((one, other) => one.id.localeCompare(other.id));
}

function progress(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
  console.error(`${seconds} s  ${text}`);
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '50' },
      only: { type: 'string', default: '' },
      output: { type: 'string', default: join(import.meta.dirname, '..', 'docs', 'benchmarks.md') },
    },
  });
  const whole = (name: 'seconds' | 'rounds' | 'connections'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number`);
    return value;
  };
  return {
    seconds: whole('seconds'),
    rounds: whole('rounds'),
    connections: whole('connections'),
    only: values.only.split(',').filter((id) => id !== ''),
    output: values.output,
  };
}
