import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Step {
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; that of the caller by default. */
  readonly env?: NodeJS.ProcessEnv;
}

interface Result {
  readonly step: Step;
  readonly seconds: number;
  readonly passed: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A run of Vitest with these arguments. */
export function vitestStep(title: string, args: readonly string[]): Step {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  return { title, command: process.execPath, args: [vitest, 'run', ...args] };
}

/**
 * Runs commands in the folder of the project one after the other, until one fails, and prints the result of each.
 * @returns whether all of them passed
 */
export async function runSteps(steps: readonly Step[]): Promise<boolean> {
  const results: Result[] = [];
  for (const step of steps) {
    console.log(`\n==> ${step.title}`);
    const startedAt = performance.now();
    const passed = await run(step);
    results.push({ step, passed, seconds: (performance.now() - startedAt) / 1000 });
    if (!passed) break;
  }
  summarize(steps, results);
  return results.every(({ passed }) => passed);
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
