import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Measured, Spread } from './compare.ts';
import type { Options, Result, Row, Single, Slowest, Value } from './context.ts';
import type { Versions } from './versions.ts';

/** The document: the machine, the table of ratios, what has no floor, and what was not measured. */
export function writeReport(
  results: readonly Result[],
  options: Options,
  versions: Versions,
  day: string,
): string {
  const rows = results.filter((result) => result.kind === 'row');
  const singles = results.filter((result) => result.kind === 'single');
  const values = results.filter((result) => result.kind === 'value');
  const slowest = results.filter((result) => result.kind === 'slowest');
  const omitted = results.filter((result) => result.kind === 'omitted');
  const parts = [
    '# Benchmarks',
    `<!-- Written by \`npm run bench${options.quick ? ' -- --quick' : ''}\`. -->`,
    `Measured on ${day} in ${options.rounds} slices of ${options.seconds} s for each side. The slices of floor and service alternate, and the order is swapped in each round. A figure is the median of the slices, with the smallest and the largest in parentheses. CPU is the time of the measured process for each response or event, all threads; the store and the client are other processes on the same machine. The client has ${options.connections} connections (${4 * availableParallelism()} for password hashing). The service ran as built with its defaults, its log in a file; rows that say so had \`logging.level: warn\`. PostgreSQL synced every commit to disk. Times are from sending a request to the end of its response.`,
    table(
      ['machine', ''],
      [
        ['processor', `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`],
        ['memory', `${(totalmem() / 1e9).toFixed(1)} GB`],
        ...Object.entries(versions),
      ],
    ),
    ...(rows.length > 0 ? againstFloors(rows) : []),
    ...(singles.length > 0 ? withoutFloors(singles) : []),
    ...(values.length > 0 ? singleFigures(values) : []),
    ...(slowest.length > 0 ? slowestRequests(slowest, day) : []),
  ];
  if (omitted.length > 0) {
    parts.push(
      '## Not measured',
      omitted.map(({ id, title, reason }) => `- ${id}: ${title}: ${reason}`).join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function againstFloors(rows: readonly Row[]): string[] {
  return [
    '## Against the floor',
    'A floor does the least that any implementation of the same work has to do. The ratio is that of the rates of service and floor in the two slices of one round.',
    table(
      ['', 'service and floor', 'per second', 'CPU', 'p50', 'p99', 'ratio', 'target'],
      rows.flatMap(({ id, title, floorTitle, service, floor, ratio, target }) => [
        [
          id,
          title,
          ...figures(service),
          spread(ratio, (value) => value.toFixed(2)),
          target === undefined ? '' : `≥ ${target}`,
        ],
        ['', `floor: ${floorTitle}`, ...figures(floor), '', ''],
      ]),
    ),
  ];
}

function withoutFloors(singles: readonly Single[]): string[] {
  return [
    '## Rates without a floor',
    table(
      ['', 'what', 'per second', 'CPU', 'p50', 'p99', 'target'],
      singles.map(({ id, title, service, target, maxCpuUs }) => [
        id,
        title,
        ...figures(service),
        [
          ...(target === undefined ? [] : [`≥ ${number(target)}`]),
          ...(maxCpuUs === undefined ? [] : [`≤ ${number(maxCpuUs)} µs`]),
        ].join(', '),
      ]),
    ),
  ];
}

function singleFigures(values: readonly Value[]): string[] {
  return [
    '## Single figures',
    table(
      ['', 'what', 'figure', 'target'],
      values.map(({ id, title, value, unit, target }) => [
        id,
        title,
        `${number(value)} ${unit}`,
        target === undefined
          ? ''
          : `${unit === '/s' || unit === '%' ? '≥' : '≤'} ${number(target)} ${unit}`,
      ]),
    ),
  ];
}

function slowestRequests(slowest: readonly Slowest[], day: string): string[] {
  return [
    '## The slowest request of each public route',
    `Measured on ${day} on ${cpus()[0]?.model ?? 'an unknown processor'}. A client without an account, or with one for \`POST /v1/public-profiles\`, sends the requests that cost most: bodies of the largest size, queries and headers. The time is the CPU time of the whole process for one request, garbage collection included. The requests go to the routes in this process, without a socket. Parsing, schemas, the rules of the fields and tokens are those of the service; password hashing, the stores and the log are left out. For the files under \`/docs\`, the time includes copying the response in the measurement. \`npm run bench -- --only g --output FILE\` repeats this section.`,
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
  ];
}

function figures({ perSecond, cpuUs, p50Ms, p99Ms }: Measured): string[] {
  const time = ({ median }: Spread): string =>
    Number.isNaN(median) ? '' : `${median.toFixed(1)} ms`;
  return [
    spread(perSecond, number),
    cpuUs === null ? '' : `${number(cpuUs.median)} µs`,
    time(p50Ms),
    time(p99Ms),
  ];
}

function spread({ median, min, max }: Spread, text: (value: number) => string): string {
  return `${text(median)} (${text(min)}–${text(max)})`;
}

function number(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

/** A table in Markdown. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...body];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
