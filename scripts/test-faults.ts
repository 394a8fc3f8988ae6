// `npm run test:faults`: the fault tests with more rounds and longer outages than in `npm test`. Arguments select files
// by parts of their paths, as in `npm run test:faults -- nats-outages`.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findBinary } from './lib/server-binaries.mjs';
import { runSteps, vitestStep } from './lib/steps.ts';

/** Defaults of the long form; the environment wins. */
const LONG_FORM = {
  FAULT_ROUNDS: '10',
  FAULTS_KILLS: '50',
  FAULTS_STARTS: '50',
  FAULTS_STANDBY_AWAY_MS: '60000',
  FAULTS_AWAY: '10m',
  FAULTS_SESSIONS: '400000',
  FAULTS_GUESSES: '10000',
  FAULTS_PAIRS: '2000',
};
const SERVERS = ['postgres', 'redis-server', 'nats-server', 'haproxy', 'faketime'];
/** Timeout of tests without one of their own. */
const TEST_TIMEOUT_MS = 900_000;
const PROGRESS_EVERY_MS = 60_000;

/** Estimated duration of the long form of a file on two busy cores. */
const SECONDS: Readonly<Record<string, number>> = {
  bootstrap: 300,
  'concurrent-start': 180,
  'embedded-full-disk': 20,
  'embedded-kill': 160,
  enumeration: 600,
  'nats-outages': 780,
  'one-account': 300,
  'redis-app': 150,
  'redis-outages': 165,
  'relay-kill': 215,
  'rolling-upgrade': 200,
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
    console.error(`unknown option ${option}\n\n${help()}`);
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
    console.error(`no path in test/faults contains ${args.join(' or ')}`);
    return 1;
  }
  const minutes = Math.ceil(files.reduce((sum, file) => sum + secondsOf(file), 0) / 60);
  console.log(
    `The long form of these fault tests runs one file at a time and takes about ${minutes} minutes on two cores:`,
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
    'Builds the service, then kills, freezes and disconnects it and its servers, in private instances of all of them.',
    'Outages are more frequent and longer than in `npm test`:',
    '',
    '  FAULT_ROUNDS   outages of one kind in a test; upgrades and downgrades',
    '  FAULTS_KILLS   kills of the service, and of the relay alone',
    '  FAULTS_STARTS  rounds of three instances started together on an empty database',
    '  FAULTS_STANDBY_AWAY_MS  absence of a synchronous standby',
    '  FAULTS_AWAY    duration of a NATS outage',
    '  FAULTS_SESSIONS  sessions of an account that end at once',
    '  FAULTS_GUESSES  wrong passwords for one account',
    '  FAULTS_SEED    decisions of the storm around copies of the users; random by default',
    '  FAULTS_PAIRS   requests for a known and for an unknown address whose times are compared',
    '',
    `Defaults here: ${namesOf(LONG_FORM)
      .map((name) => `${name}=${LONG_FORM[name]}`)
      .join(' ')}. Examples:`,
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

/** Prints the elapsed time: one test may take a quarter of an hour. */
function reportProgress(minutes: number): NodeJS.Timeout {
  const startedAt = performance.now();
  return setInterval(() => {
    const passed = Math.round((performance.now() - startedAt) / 60_000);
    console.log(`--- ${passed} of about ${minutes} minutes`);
  }, PROGRESS_EVERY_MS);
}
