import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Options, Result, Slowest } from './context.ts';
import type { Figures } from './measure.ts';

/** Where the time of a read goes, from CPU profiles on two otherwise idle cores. */
const READ_COSTS = [
  'Row a is below its target: a request takes 38 µs of CPU time, and its floor takes 25 µs. Removing one part at a time shows 2 µs for the security headers, 1 µs to 2 µs for the metrics of the request and 0.7 µs for its id; no other part stands out. The rest is spread over checking the token, its session and the path, the log line that is not written, the cached text, the body by its schema, and garbage collection (4 %).',
  'Row b is above its floor: one statement reads all users that are requested in one turn of the event loop, and the floor sends one statement for each request. A statement to PostgreSQL costs more in system calls and wake-ups than in work.',
];

/** What the table of slowest requests needs to be read. */
const SLOWEST_NOTES =
  'The table shows every route, met target or not. A body of many unknown fields costs most in the JSON parser itself, and a password made of the words of its owner costs most in the estimate of its guesses. `GET /metrics` renders all metrics, whatever the request. For the files under `/docs`, the time includes copying the response in the measurement.';

/** Versions of the runtime, the libraries and the servers, by name. */
export type Versions = Readonly<Record<string, string>>;

/** The document: the machine, the table of ratios, the single figures, and what was not measured. */
export function writeReport(
  results: readonly Result[],
  options: Options,
  versions: Versions,
  day: string,
): string {
  const rows = results.filter((result) => result.kind === 'row');
  const values = results.filter((result) => result.kind === 'value');
  const slowest = results.filter((result) => result.kind === 'slowest');
  const omitted = results.filter((result) => result.kind === 'omitted');
  const parts = [
    '# Benchmarks',
    '<!-- Written by `npm run bench`. -->',
    `Measured on ${day}: ${options.rounds} rounds of ${options.seconds} s each, alternating between floor and service. The load came from another process on the same machine over ${options.connections} connections (${4 * availableParallelism()} for password hashing). The service ran as built, with its defaults except \`logging.level: warn\`; PostgreSQL synced every commit to disk. Times are from sending a request to the end of its response.`,
    table(
      ['machine', ''],
      [
        ['processor', `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`],
        ['memory', `${(totalmem() / 1e9).toFixed(1)} GB`],
        ...Object.entries(versions),
      ],
    ),
  ];
  if (rows.length > 0) {
    parts.push(
      '## Against the floor',
      'The floor is the minimum that any implementation needs: a bare server with one call to its store for each request. The ratio compares requests a second of service and floor.',
      table(
        [
          '',
          'service',
          'per second',
          'p50',
          'p99',
          'floor',
          'per second',
          'p50',
          'p99',
          'ratio',
          'target',
        ],
        rows.map(({ id, title, floorTitle, service, floor, target }) => [
          id,
          title,
          ...figures(service),
          floorTitle,
          ...figures(floor),
          (service.perSecond / floor.perSecond).toFixed(2),
          target === undefined ? '' : `≥ ${target}`,
        ]),
      ),
    );
  }
  if (rows.some(({ id }) => id === 'a' || id === 'b')) {
    parts.push('## The difference between a read and its floor', ...READ_COSTS);
  }
  if (values.length > 0) {
    parts.push(
      '## Single figures',
      table(
        ['', 'what', 'figure', 'target'],
        values.map(({ id, title, value, unit, target }) => [
          id,
          title,
          `${number(value)} ${unit}`,
          target === undefined ? '' : `${unit === '/s' ? '≥' : '≤'} ${number(target)} ${unit}`,
        ]),
      ),
    );
  }
  if (slowest.length > 0) parts.push(...slowestRequests(slowest, day));
  if (omitted.length > 0) {
    parts.push(
      '## Not measured',
      omitted.map(({ id, title, reason }) => `- ${id}: ${title}: ${reason}`).join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function slowestRequests(slowest: readonly Slowest[], day: string): string[] {
  return [
    '## The slowest request of each public route',
    `Measured on ${day} on ${cpus()[0]?.model ?? 'an unknown processor'}. A client without an account, or with one for \`POST /v1/public-profiles\`, sends the requests that cost most: bodies of the largest size, queries and headers. The time is the CPU time of the whole process for one request, garbage collection included. The requests go to the routes in this process, without a socket. Parsing, schemas, the rules of the fields and tokens are those of the service; password hashing, the stores and the log are left out. \`npm run bench -- --only g --output FILE\` repeats this section.`,
    table(
      ['route', 'requests', 'the slowest', 'status', 'CPU time', 'of a plain request', 'target'],
      slowest.map(({ title, requests, request, status, ms, plainMs, targetMs }) => [
        title,
        String(requests),
        request,
        String(status),
        `${ms.toFixed(2)} ms`,
        `${plainMs.toFixed(2)} ms`,
        `< ${targetMs} ms`,
      ]),
    ),
    SLOWEST_NOTES,
  ];
}

/** Versions of Node.js and of the libraries that floor and service share. */
export function libraryVersions(): Versions {
  const version = (name: string): string => {
    const path = join(import.meta.dirname, '..', 'node_modules', name, 'package.json');
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  };
  return {
    'Node.js': process.versions.node,
    ...Object.fromEntries(
      ['fastify', 'pg', 'ioredis', '@nats-io/jetstream', '@node-rs/argon2', 'autocannon'].map(
        (name) => [name, version(name)],
      ),
    ),
  };
}

function figures({ perSecond, p50Ms, p99Ms }: Figures): string[] {
  const time = (ms: number): string => (Number.isNaN(ms) ? '' : `${ms.toFixed(1)} ms`);
  return [number(perSecond), time(p50Ms), time(p99Ms)];
}

function number(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...body];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
