import { type Command, InvalidArgumentError } from 'commander';
import { isUuid } from '../../lib/uuid.ts';

/** Receives a command's exit code. */
export type SetExitCode = (code: number) => void;

const MIN_WIDTH = 60;
const MAX_WIDTH = 100;

/** Columns of the help text on a terminal with `columns` columns: at least 60, at most 100. */
export function helpWidth(columns: number): number {
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns));
}

/** What the help of a command adds to its arguments and options. */
export interface HelpParts {
  readonly examples: readonly (readonly [commandLine: string, meaning: string])[];
  /** The meaning of 0 and 1; 2 is always wrong usage. */
  readonly exit: readonly [done: string, failed: string];
  /** Paragraphs without line breaks: they are wrapped to the terminal. */
  readonly notes?: readonly string[];
}

/**
 * Adds notes, examples and exit codes to the help of a command. A note that holds for every subcommand stands in the
 * help of the group only.
 */
export function documented(command: Command, { examples, exit, notes = [] }: HelpParts): Command {
  const help = command.createHelp();
  const wrapped = (text: string): string =>
    help.boxWrap(text, command.configureOutput().getOutHelpWidth?.() ?? MAX_WIDTH);
  const lines = (): string[] => [
    ...notes.flatMap((note) => ['', wrapped(note)]),
    '',
    'Examples:',
    ...examples.flatMap(([line, meaning]) => [`  ${line}`, `      ${meaning}`]),
    '',
    'Exit codes:',
    `  0  ${exit[0]}`,
    `  1  ${exit[1]}`,
    '  2  wrong usage',
  ];
  return command.addHelpText('after', () => lines().join('\n'));
}

/** Creates the parser of an option or argument that is a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** The parser of an argument that is an id. @returns it in lower case */
export function uuid(text: string): string {
  if (isUuid(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It must be a UUID.');
}

/** The flag of every command with output that scripts read. */
export const JSON_FLAG = ['--json', 'write JSON for scripts to standard output'] as const;
