import { type Command, InvalidArgumentError } from 'commander';

/** Receives a command's exit code. */
export type SetExitCode = (code: number) => void;

/** What the help of a command adds to its arguments and options. */
export interface HelpParts {
  /** Command lines with what they do. */
  readonly examples: readonly (readonly [commandLine: string, meaning: string])[];
  /** The meaning of 0 and 1; 2 is always wrong usage. */
  readonly exit: readonly [done: string, failed: string];
  /** Further lines. */
  readonly notes?: readonly string[];
}

/** Adds notes, examples and exit codes to the help of a command. */
export function documented(command: Command, { examples, exit, notes = [] }: HelpParts): Command {
  const lines = [
    ...notes.flatMap((note) => ['', note]),
    '',
    'Examples:',
    ...examples.flatMap(([line, meaning]) => [`  ${line}`, `      ${meaning}`]),
    '',
    'Exit codes:',
    `  0  ${exit[0]}`,
    `  1  ${exit[1]}`,
    '  2  wrong usage',
  ];
  return command.addHelpText('after', lines.join('\n'));
}

/** A parser of whole numbers from `min` to `max` for an option or argument. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** The flag of every command that scripts read. */
export const JSON_FLAG = ['--json', 'write JSON for scripts to standard output'] as const;
