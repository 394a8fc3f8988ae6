// npm run bench -- [--quick] [--seconds 2] [--rounds 9] [--connections 50] [--only a,b,…] [--output docs/benchmarks.md]
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '../test/support/postgres-server.ts';
import { type Context, type Result, wants } from './context.ts';
import { startLoadGenerator } from './load-generator.ts';
import { readOptions } from './options.ts';
import { createPeople } from './people.ts';
import { writeReport } from './report.ts';
import { measureBacklogs } from './rows/backlog.ts';
import { measureFlood } from './rows/flood.ts';
import { measureLimits } from './rows/limits.ts';
import { measureNatsRead } from './rows/nats-read.ts';
import { measureNumbering } from './rows/numbering.ts';
import { measurePasswords } from './rows/passwords.ts';
import { measureReads } from './rows/reads.ts';
import { measureRelay } from './rows/relay.ts';
import { measureSearch } from './rows/search.ts';
import { measureSessions } from './rows/sessions.ts';
import { measureSlowestRequests } from './rows/slowest-requests.ts';
import { measureStartUp } from './rows/start-up.ts';
import { measureTokens } from './rows/tokens.ts';
import { measureVerifier } from './rows/verifier.ts';
import { libraryVersions, serverVersions, type Versions } from './versions.ts';

/** In this order. The starts come first, on an empty database: an instance reads the events of the last minutes. */
const MEASUREMENTS: readonly {
  readonly letters: readonly string[];
  readonly measure: (context: Context) => Promise<Result[]>;
  /** Takes too long for `--quick`, unless `--only` names it. */
  readonly long?: boolean;
}[] = [
  { letters: ['f'], measure: measureStartUp, long: true },
  { letters: ['a', 'b', 'e'], measure: measureReads },
  { letters: ['c'], measure: measurePasswords },
  { letters: ['d'], measure: measureRelay },
  { letters: ['h'], measure: measureTokens },
  { letters: ['i'], measure: measureSessions },
  { letters: ['j'], measure: measureNatsRead },
  { letters: ['k'], measure: measureSearch, long: true },
  { letters: ['l'], measure: measureFlood, long: true },
  { letters: ['m'], measure: measureBacklogs, long: true },
  { letters: ['n'], measure: measureLimits, long: true },
  { letters: ['o'], measure: measureNumbering },
  { letters: ['p'], measure: measureVerifier },
  { letters: ['g'], measure: measureSlowestRequests, long: true },
];

const startedAt = performance.now();
const options = readOptions(process.argv.slice(2));
const postgres = await startPostgres({ durable: true });
const generator = startLoadGenerator();
try {
  const database = await postgres.createDatabase('bench');
  const results = await measureAll({
    ...{ options, postgres, database, generator, progress },
    people: createPeople(options.people),
  });
  const versions: Versions = { ...libraryVersions(), ...(await serverVersions(postgres)) };
  const report = writeReport(results, options, versions, new Date().toISOString().slice(0, 10));
  writeFileSync(options.output, formatted(report));
  console.log(report);
  progress(`written to ${options.output}`);
} finally {
  generator.stop();
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
  for (const { letters, measure, long } of MEASUREMENTS) {
    if (!letters.some((letter) => wants(context, letter))) continue;
    if (long === true && options.quick && options.only.length === 0) {
      const reason = 'it takes too long for `--quick`, unless `--only` names it';
      results.push({ kind: 'omitted', id: letters.join(), title: measure.name, reason });
    } else results.push(...(await measureOrExplain(letters, measure, context)));
  }
  return results.sort((one, other) => one.id.localeCompare(other.id, 'en', { numeric: true }));
}

/** One measurement that fails must not cost the others: the report names it, and the command fails at its end. */
async function measureOrExplain(
  letters: readonly string[],
  measure: (context: Context) => Promise<Result[]>,
  context: Context,
): Promise<Result[]> {
  try {
    return await measure(context);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    const reason = `it failed: ${(error as Error).message.split('\n')[0]}`;
    return [{ kind: 'omitted', id: letters.join(), title: measure.name, reason }];
  }
}

function progress(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
  console.error(`${seconds} s  ${text}`);
}
