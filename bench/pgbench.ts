import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ConnectionOptions } from '../test/support/postgres-server.ts';
import { findServerBinary } from '../test/support/server-binaries.ts';
import { createTemporaryDirectory } from '../test/support/temp-directory.ts';
import { quantile, type Slice } from './compare.ts';

const run = promisify(execFile);
const queries = join(
  import.meta.dirname,
  ...['..', 'src', 'infrastructure', 'database', 'postgres', 'queries'],
);

/**
 * A statement of the service as a line of a pgbench script.
 * @param name as `file.statement`, such as `sessions.lockSession`
 * @param values an SQL expression for each parameter; it may contain variables of pgbench
 * @throws Error when there is no such statement, or a parameter has no value
 */
export function statementOf(name: string, values: Readonly<Record<string, string>>): string {
  const [file, statement] = name.split('.');
  const text = readFileSync(join(queries, `${file}.sql`), 'utf8');
  const start = text.indexOf(`/* @name ${statement} */`);
  if (start < 0) throw new Error(`${file}.sql has no statement ${statement}`);
  const sql = text.slice(text.indexOf('\n', start), text.indexOf(';\n', start));
  const line = sql.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim();
  return `${line.replace(/(?<!:):([a-zA-Z]+)!?/g, (_, parameter: string) => {
    const value = values[parameter];
    if (value === undefined) throw new Error(`${name}: the parameter ${parameter} has no value`);
    return value;
  })};`;
}

/** A run of pgbench. */
interface Script {
  readonly lines: readonly string[];
  readonly clients: number;
  /** Transactions of each client, or a duration in whole seconds. */
  readonly length: { readonly transactions: number } | { readonly seconds: number };
}

/** Runs the script with prepared statements; the variable `turn` starts at 0 in each client. The CPU time is that of no single process, so it is null. */
export async function runPgbench(
  connection: ConnectionOptions,
  { lines, clients, length }: Script,
): Promise<Slice> {
  const directory = createTemporaryDirectory('pgbench');
  try {
    const script = join(directory.path, 'script.sql');
    writeFileSync(script, `${lines.join('\n')}\n`);
    const { host, port, user, password, database } = connection;
    const amount =
      'seconds' in length ? ['-T', String(length.seconds)] : ['-t', String(length.transactions)];
    const options = [
      '-n',
      '-M',
      'prepared',
      '-D',
      'turn=0',
      '-c',
      String(clients),
      '-j',
      '1',
      ...amount,
    ];
    const log = ['-l', '--log-prefix', join(directory.path, 'log')];
    const { stdout } = await run(
      findServerBinary('pgbench'),
      ['-h', host, '-p', String(port), '-U', user, '-f', script, ...options, ...log, database],
      { env: { ...process.env, PGPASSWORD: password }, cwd: directory.path },
    );
    const perSecond = Number(/^tps = ([\d.]+) \(without/m.exec(stdout)?.[1] ?? Number.NaN);
    const durationsMs = readLogs(directory.path);
    return {
      ...{ perSecond, cpuUs: null },
      p50Ms: quantile(durationsMs, 0.5),
      p99Ms: quantile(durationsMs, 0.99),
    };
  } finally {
    await directory.remove();
  }
}

/** The third field of a line is the time of a transaction in microseconds. */
function readLogs(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith('log.'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'))
    .map((line) => Number(line.split(' ')[2]) / 1_000);
}
