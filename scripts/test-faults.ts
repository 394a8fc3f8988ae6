// What `npm run test:faults` runs: the suite of faults, as often and as long as was promised rather than as briefly as
// `npm test` does. Arguments choose files by parts of their paths, as in `npm run test:faults -- nats-outages`.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findBinary } from './lib/server-binaries.mjs';
import { runSteps, vitestStep } from './lib/steps.ts';

/** How the tests are lengthened. What the caller's environment says comes first. */
const LONG_FORM = { FAULT_ROUNDS: '10', FAULTS_KILLS: '50', FAULTS_AWAY: '10m' };
const SERVERS = ['postgres', 'redis-server', 'nats-server'];
/** A test without a limit of its own may take this long here. */
const TEST_TIMEOUT_MS = 900_000;
const PROGRESS_EVERY_MS = 60_000;

/** Roughly how many seconds the long form of a file takes on two busy cores, where it takes long. */
const SECONDS: Readonly<Record<string, number>> = {
  'embedded-kill': 160,
  'nats-outages': 780,
  'redis-app': 150,
  'redis-outages': 165,
  'relay-kill': 215,
  'service-kill': 190,
};
const OTHER_SECONDS = 30;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help());
    return 0;
  }
  const option = args.find((arg) => arg.startsWith('-'));
  if (option !== undefined) {
    console.error(`${option} is not known here\n\n${help()}`);
    return 2;
  }
  const missing = SERVERS.filter((name) => findBinary(name) === undefined);
  if (missing.length > 0) {
    console.error(`not installed: ${missing.join(', ')}; run \`npm run setup:servers\` first`);
    return 1;
  }
  const env = { ...LONG_FORM, ...process.env };
  const files = chosenFiles(args);
  if (files.length === 0) {
    console.error(`no file of test/faults has ${args.join(' or ')} in its path`);
    return 1;
  }
  const minutes = Math.ceil(files.reduce((sum, file) => sum + secondsOf(file), 0) / 60);
  console.log(
    `The long form of these fault tests, one file at a time, about ${minutes} minutes on two cores:`,
  );
  for (const file of files) console.log(`  ${file}`);
  for (const name of namesOf(LONG_FORM)) console.log(`  with ${name}=${env[name]}`);

  const reporting = reportProgress(minutes);
  try {
    const vitest = vitestStep('faults', [
      ...['--project=faults', '--reporter=verbose', `--testTimeout=${TEST_TIMEOUT_MS}`],
      ...files,
    ]);
    const build = { title: 'build', command: 'npm', args: ['run', '--silent', 'build'] };
    return (await runSteps([build, { ...vitest, env }])) ? 0 : 1;
  } finally {
    clearInterval(reporting);
  }
}

function help(): string {
  return [
    'npm run test:faults [-- PART_OF_A_PATH …]',
    '',
    'Kills, freezes and cuts off the service and the servers it runs on, in private copies of all of them, for as',
    'long as it takes to trust the result. Builds first. What `npm test` does briefly is lengthened by',
    '',
    '  FAULT_ROUNDS   outages of one kind in a test',
    '  FAULTS_KILLS   kills of the service, and of the relay alone',
    '  FAULTS_AWAY    how long NATS stays away',
    '',
    `Defaults here: ${namesOf(LONG_FORM)
      .map((name) => `${name}=${LONG_FORM[name]}`)
      .join(' ')}. For example`,
    '',
    '  npm run test:faults -- service-kill relay-kill',
    '  FAULTS_AWAY=1m npm run test:faults -- nats-outages',
  ].join('\n');
}

/** The files whose path contains one of the filters, or all. */
function chosenFiles(filters: readonly string[]): string[] {
  const folder = join('test', 'faults');
  return readdirSync(join(import.meta.dirname, '..', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
}

function secondsOf(path: string): number {
  return SECONDS[basename(path, '.test.ts')] ?? OTHER_SECONDS;
}

function namesOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table) as (keyof T)[];
}

/** A sign of life, since one test may take a quarter of an hour. */
function reportProgress(minutes: number): NodeJS.Timeout {
  const startedAt = performance.now();
  return setInterval(() => {
    const passed = Math.round((performance.now() - startedAt) / 60_000);
    console.log(`--- ${passed} of about ${minutes} minutes`);
  }, PROGRESS_EVERY_MS);
}
