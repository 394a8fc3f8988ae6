// What `npm test` runs: the checks, then every suite, then what must also hold on Node 24. With
// arguments (`npm test -- test/http`) it is vitest alone, with these arguments.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24 } from './lib/server-binaries.mjs';

interface Step {
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

interface Result {
  readonly step: Step;
  readonly seconds: number;
  readonly passed: boolean;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const runningMajor = Number(process.versions.node.split('.')[0]);

process.exitCode = await main(process.argv.slice(2));

async function main(extra: readonly string[]): Promise<number> {
  const steps = extra.length > 0 ? [vitestStep('tests', extra)] : everything();
  if (steps === undefined) {
    console.error(`Node 24 is not at ${node24.binary}: run \`npm run setup:servers\` first`);
    return 1;
  }
  const results: Result[] = [];
  for (const step of steps) {
    console.log(`\n==> ${step.title}`);
    const startedAt = performance.now();
    const passed = await run(step);
    results.push({ step, passed, seconds: (performance.now() - startedAt) / 1000 });
    if (!passed) break;
  }
  summarize(steps, results);
  return results.every(({ passed }) => passed) ? 0 : 1;
}

/** All that must pass; undefined when Node 24 is missing, so that nobody waits to hear it. */
function everything(): Step[] | undefined {
  const steps = [
    { title: 'checks', command: 'npm', args: ['run', '--silent', 'check'] },
    vitestStep(`all suites on Node ${process.versions.node}`, []),
  ];
  if (runningMajor === 24) return steps;
  if (!existsSync(node24.binary)) return undefined;
  const path = [dirname(node24.binary), process.env.PATH].join(delimiter);
  return [
    ...steps,
    {
      ...vitestStep('unit and contract suites on Node 24', [
        '--project=unit',
        '--project=contract',
      ]),
      command: node24.binary,
      env: { ...process.env, PATH: path },
    },
  ];
}

function vitestStep(title: string, args: readonly string[]): Step {
  return { title, command: process.execPath, args: [vitest, 'run', ...args] };
}

function run(step: Step): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(step.command, step.args, {
      cwd: root,
      env: step.env ?? process.env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.once('close', (code) => resolve(code === 0));
  });
}

function summarize(steps: readonly Step[], results: readonly Result[]): void {
  console.log('');
  for (const step of steps) {
    const result = results.find((candidate) => candidate.step === step);
    const outcome = result === undefined ? 'not run' : result.passed ? 'passed' : 'FAILED';
    const time = result === undefined ? '' : `${result.seconds.toFixed(1).padStart(7)} s`;
    console.log(`${outcome.padEnd(8)}${time.padEnd(10)} ${step.title}`);
  }
}
