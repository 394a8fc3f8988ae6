import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Options } from './context.ts';

const MAX_ROUNDS = 1_000;
const PEOPLE = 100;
const QUICK_PEOPLE = 20;

/**
 * Reads `--seconds`, `--rounds`, `--connections`, `--only`, `--output` and `--quick`, which only sets other defaults for
 * the first two and for the output.
 * @throws Error that names the option
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string', default: '50' },
      only: { type: 'string', default: '' },
      output: { type: 'string' },
    },
  });
  const { quick } = values;
  const folder = join(import.meta.dirname, '..', quick ? 'dist' : 'docs');
  return {
    quick,
    people: quick ? QUICK_PEOPLE : PEOPLE,
    seconds: within('seconds', values.seconds ?? (quick ? '1' : '2'), 0.1, 3_600),
    rounds: whole('rounds', values.rounds ?? (quick ? '3' : '9'), MAX_ROUNDS),
    connections: whole('connections', values.connections, 10_000),
    only: values.only.split(',').filter((letter) => letter !== ''),
    output: values.output ?? join(folder, 'benchmarks.md'),
  };
}

function whole(name: string, text: string, most: number): number {
  const value = within(name, text, 1, most);
  if (!Number.isInteger(value)) throw new Error(`--${name} takes a whole number`);
  return value;
}

function within(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new Error(`--${name} takes a number from ${least} to ${most}`);
  }
  return value;
}
