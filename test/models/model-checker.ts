import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findServerBinary } from '../support/server-binaries.ts';

/** What Spin found in a model. */
export interface CheckResult {
  /** The first violated assertion or deadlock; null when there is none. */
  readonly error: string | null;
  /** Every reachable state was visited. */
  readonly isComplete: boolean;
  readonly states: number;
}

const run = promisify(execFile);
/** Longest path of a search, in steps; a longer one leaves the search incomplete, which the result says. */
const MAX_DEPTH = 200_000;
const TIMEOUT_MS = 60_000;

/** A model as a program that searches its states. */
export interface CompiledModel {
  /**
   * Visits every reachable state, up to the first error.
   * @param mutant the number of the rule to break; 0 for none
   */
  search(mutant: number): Promise<CheckResult>;
  remove(): Promise<void>;
}

/**
 * @param defines bounds such as `TERMS=3`
 * @throws Error when Spin or the C compiler is missing, or the model is wrong
 */
export async function compileModel(
  path: string,
  defines: readonly string[],
): Promise<CompiledModel> {
  const spin = findServerBinary('spin');
  const gcc = findServerBinary('gcc');
  const directory = await mkdtemp(join(tmpdir(), 'model-'));
  const options = { cwd: directory, timeout: TIMEOUT_MS };
  await copyFile(path, join(directory, 'model.pml'));
  await run(spin, [...defines.map((name) => `-D${name}`), '-a', 'model.pml'], options);
  // Safety properties only: assertions and deadlocks.
  await run(gcc, ['-O1', '-w', '-DSAFETY', '-DNOCLAIM', '-o', 'pan', 'pan.c'], options);
  return {
    async search(mutant) {
      const env = { ...process.env, MUTANT: String(mutant) };
      const program = join(directory, 'pan');
      const { stdout } = await run(program, [`-m${MAX_DEPTH}`, '-w21'], { ...options, env });
      return parse(stdout);
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function parse(output: string): CheckResult {
  const states = /^\s*(\d+) states, stored/m.exec(output)?.[1];
  const errors = /errors: (\d+)/.exec(output)?.[1];
  if (states === undefined || errors === undefined) {
    throw new Error(`the search printed no result:\n${output}`);
  }
  const error = /^pan:1: (.*)$/m.exec(output)?.[1] ?? null;
  // Spin says "max search depth too small" and goes on, and counts no error.
  const isComplete = !/Search not completed|too small|out of memory/.test(output);
  return {
    error: errors === '0' ? null : (error ?? 'unknown'),
    isComplete,
    states: Number(states),
  };
}
