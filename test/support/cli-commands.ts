import type { Command } from 'commander';
import { createProgram } from '../../src/interfaces/cli/program.ts';
import { cliDeps } from './cli-setting.ts';

/** A command and its words after `user-service`. */
export interface CommandEntry {
  readonly path: readonly string[];
  readonly command: Command;
}

function allCommands(command: Command, path: readonly string[] = []): CommandEntry[] {
  const children = command.commands.flatMap((child) => allCommands(child, [...path, child.name()]));
  return [{ path, command }, ...children];
}

/** All commands of the program, from its own tree. */
export const commands = allCommands(createProgram(cliDeps().deps, () => {})).map((entry) => ({
  ...entry,
  name: ['user-service', ...entry.path].join(' '),
}));
export const groups = commands.filter(({ command }) => command.commands.length > 0);
/** The commands that do something. */
export const leaves = commands.filter(({ command }) => command.commands.length === 0);

/** An id that is valid and unknown. */
export const ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';

/** A valid value of each argument, by its name. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  n: '1',
  version: '1',
  name: 'billing',
  key: 'server.port',
  url: 'http://127.0.0.1:1',
  id: ID,
  delivery: ID,
  'id-or-email': ID,
  user: ID,
  'request-id': ID,
  email: 'guest@example.com',
  kid: 'PXkq5xI5R3tYvBqk0nS2dg',
  kind: 'verify_email',
};

/** A valid value for each argument. */
export function argumentsOf({ command }: Pick<CommandEntry, 'command'>): string[] {
  return command.registeredArguments.map((argument) => {
    const value = ARGUMENTS[argument.name()];
    if (value === undefined) throw new Error(`give a valid <${argument.name()}> to this table`);
    return value;
  });
}

/** The options without which a command is wrong usage. */
export function mandatoryOf({ command }: Pick<CommandEntry, 'command'>): string[] {
  const mandatory = command.options.filter((option) => option.mandatory);
  return mandatory.flatMap(({ long }) => [String(long), 'users:read']);
}

export function takes(option: string, command: Command): boolean {
  return command.options.some(({ long }) => long === option);
}
