import { parseArgs } from 'node:util';
import { type CliIo, CommandFailure, EXIT, UsageError } from './io.ts';
import { formatReport, formatStatus, type Report, type Status, toJson } from './migrate-output.ts';

/** The part of the migrator that `status` and `version` use. */
export interface SchemaTarget {
  status(): Promise<Status>;
  version(): Promise<{ readonly version: number; readonly dirty: boolean }>;
}

/** The part of the migrator that the other commands use. */
export interface MigrateTarget {
  up(count?: number): Promise<Report>;
  down(count?: number, options?: { allowDataLoss?: boolean }): Promise<Report>;
  goto(version: number, options?: { allowDataLoss?: boolean }): Promise<Report>;
  force(version: number): Promise<Report>;
}

/** Receives progress while migrations run. */
type MigrateLog = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface MigrateDeps {
  /**
   * Connects to the configured database.
   * @throws Error with a message for the operator, also while a service owns the embedded database
   */
  open(log: MigrateLog): Promise<{ readonly migrator: MigrateTarget; close(): Promise<void> }>;
  /**
   * Opens the configured database to read its version; while a service owns the embedded database, reads through the
   * service.
   * @throws Error with a message for the operator
   */
  openReader(): Promise<{ readonly migrator: SchemaTarget; close(): Promise<void> }>;
  /** Creates the next pair of files; needs no database. @returns their paths */
  create(name: string): Promise<readonly string[]>;
}

/** Progress and result go to `stdout`; with `--json`, progress goes to `stderr`. */
export type MigrateIo = Pick<CliIo, 'stdout' | 'stderr'>;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  'allow-data-loss': { type: 'boolean', default: false },
} as const;

interface Command {
  readonly name: string;
  readonly argument: string | undefined;
  readonly json: boolean;
  readonly allowDataLoss: boolean;
}

/**
 * Runs `migrate` with the arguments after that word.
 * @returns the exit code 0
 * @throws UsageError before the database is opened; CommandFailure with the code of the migrator's refusal
 */
export async function runMigrate(
  args: readonly string[],
  io: MigrateIo,
  deps: MigrateDeps,
): Promise<number> {
  const command = parse(args);
  let result: Result;
  try {
    result = await execute(command, io, deps);
  } catch (error) {
    throw failureOf(error);
  }
  for (const line of command.json ? [JSON.stringify(result.json)] : result.lines) io.stdout(line);
  return EXIT.done;
}

interface Result {
  readonly lines: readonly string[];
  readonly json: unknown;
}

async function execute(command: Command, io: MigrateIo, deps: MigrateDeps): Promise<Result> {
  if (command.name === 'create') {
    const files = await deps.create(command.argument ?? '');
    return { lines: files, json: { files } };
  }
  const { name } = command;
  if (name === 'status' || name === 'version') {
    return await using(await deps.openReader(), (reader) => readFrom(reader, name));
  }
  // With --json, standard output holds the result only; people still see the progress.
  const progress = command.json ? io.stderr : io.stdout;
  // The result of `force` is the same sentence.
  const log = (message: string): void => {
    if (command.name !== 'force') progress(message);
  };
  return await using(await deps.open(log), (migrator) => executeOn(migrator, command));
}

/** Closes the database in every case. */
async function using<T>(
  { migrator, close }: { readonly migrator: T; close(): Promise<void> },
  work: (migrator: T) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(migrator);
  } finally {
    await close();
  }
}

async function readFrom(reader: SchemaTarget, name: 'status' | 'version'): Promise<Result> {
  if (name === 'version') {
    const found = await reader.version();
    return { lines: [`${found.version}${found.dirty ? ' (dirty)' : ''}`], json: found };
  }
  const status = await reader.status();
  return { lines: formatStatus(status), json: toJson(status) };
}

async function executeOn(migrator: MigrateTarget, command: Command): Promise<Result> {
  const { argument, allowDataLoss } = command;
  const count = argument === undefined ? undefined : Number(argument);
  const version = Number(argument);
  switch (command.name) {
    case 'up':
      return moved(await migrator.up(count));
    case 'down':
      return moved(await migrator.down(count, { allowDataLoss }));
    case 'goto':
      return moved(await migrator.goto(version, { allowDataLoss }));
    default: {
      // `force`: `parse` has refused every other name.
      const report = await migrator.force(version);
      const line = `version ${report.to} recorded (was ${report.from}); no migration was run`;
      return { lines: [line], json: toJson(report) };
    }
  }
}

function moved(report: Report): Result {
  return { lines: [formatReport(report)], json: toJson(report) };
}

/** The argument of each command that has one. */
const ARGUMENTS: Readonly<
  Record<string, { kind: 'count' | 'version' | 'name'; optional: boolean }>
> = {
  up: { kind: 'count', optional: true },
  down: { kind: 'count', optional: true },
  goto: { kind: 'version', optional: false },
  force: { kind: 'version', optional: false },
  create: { kind: 'name', optional: false },
};
const PATTERNS = {
  count: /^[1-9]\d{0,5}$/,
  version: /^\d{1,6}$/,
  name: /^[a-z][a-z0-9_]{0,79}$/,
} as const;
const EXPECTED = {
  count: 'a number of at least 1',
  version: 'a version, such as 13',
  name: 'a name like add_user_nickname: lower-case letters, digits and _, at most 80 characters',
} as const;

function parse(args: readonly string[]): Command {
  const { values, positionals } = parseOptions(args);
  const [name, argument, surplus] = positionals;
  if (name === undefined) throw new UsageError('migrate needs a command.');
  const expected = ARGUMENTS[name];
  if (expected === undefined && name !== 'status' && name !== 'version') {
    throw new UsageError(`migrate has no command "${name}".`);
  }
  if (surplus !== undefined || (expected === undefined && argument !== undefined)) {
    throw new UsageError(`migrate ${name} has too many arguments.`);
  }
  const valid = argument === undefined ? expected?.optional : matches(expected, argument);
  if (expected !== undefined && valid !== true) {
    throw new UsageError(`migrate ${name} needs ${EXPECTED[expected.kind]}.`);
  }
  const allowDataLoss = values['allow-data-loss'];
  if (allowDataLoss && name !== 'down' && name !== 'goto') {
    throw new UsageError('--allow-data-loss works with migrate down and migrate goto only.');
  }
  return { name, argument, json: values.json, allowDataLoss };
}

function matches(expected: { kind: keyof typeof PATTERNS } | undefined, argument: string): boolean {
  return expected !== undefined && PATTERNS[expected.kind].test(argument);
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UsageError || error instanceof CommandFailure)
    return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  return new CommandFailure(error.message, { code, cause: error });
}
