import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type CliIo, CommandFailure, EXIT, Interrupted } from '../io.ts';
import type { OperatorClient } from '../operator-client.ts';
import { toErrorLine } from '../report-failure.ts';
import { PATIENT, type RetryPolicy } from '../retry.ts';
import { counted } from '../text.ts';
import { type Checkpoint, type Counts, createCheckpointFile } from './checkpoint.ts';
import { importFile } from './import-file.ts';
import { createImportProgress, type ImportProgress } from './import-progress.ts';
import { type FileSurvey, surveyFile } from './line-reader.ts';
import { describeRefusal } from './person-line.ts';
import { createProgress } from './progress-display.ts';

/** The options of `users create --file`. */
export interface CreateFromFileOptions {
  /** `-` is standard input, which cannot be resumed. */
  readonly file: string;
  readonly progressFile?: string;
  readonly restart?: boolean;
  /** A person whose address is registered already is no failure. */
  readonly skipExisting?: boolean;
  readonly concurrency: number;
  readonly json?: boolean;
}

export interface CreateFromFileDeps {
  readonly io: CliIo;
  readonly cwd: string;
  readonly client: OperatorClient;
  readonly signal: AbortSignal;
  readonly monotonicMs: () => number;
  /** Password for lines without one. */
  readonly password?: string | undefined;
  readonly policy?: RetryPolicy | undefined;
  readonly checkpointIntervalMs?: number | undefined;
}

/** The value of `--file` for standard input. */
export const STANDARD_INPUT = '-';
const CHECKPOINT_INTERVAL_MS = 1_000;
const GRACE_MS = 5_000;

/** Copies standard input to a private file, since it is read twice, and imports that. See `createUsersFromFile`. */
async function createUsersFromInput(
  options: CreateFromFileOptions,
  deps: CreateFromFileDeps,
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'user-service-'));
  const path = join(directory, 'people');
  try {
    await pipeline(deps.io.stdinChunks(), createWriteStream(path, { mode: 0o600 }), {
      signal: deps.signal,
    }).catch((error: NodeJS.ErrnoException) => {
      if (deps.signal.aborted) throw new Interrupted('Interrupted: nothing was imported.');
      throw new CommandFailure(`Cannot copy standard input to ${directory} (${error.code}).`);
    });
    return await importPath(path, options, deps);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Registers the people in a file: NDJSON or CSV, also packed with gzip, or standard input. It resumes where an earlier run with the same file and target stopped.
 * @returns the exit code: 0 when every line is registered
 * @throws CommandFailure
 */
export async function createUsersFromFile(
  options: CreateFromFileOptions,
  deps: CreateFromFileDeps,
): Promise<number> {
  if (options.file === STANDARD_INPUT) return await createUsersFromInput(options, deps);
  return await importPath(resolve(deps.cwd, options.file), options, deps);
}

async function importPath(
  path: string,
  options: CreateFromFileOptions,
  deps: CreateFromFileDeps,
): Promise<number> {
  const { io, client } = deps;
  const isInput = options.file === STANDARD_INPUT;
  const name = isInput ? 'Standard input' : options.file;
  const survey = await surveyRegularFile(path, name, deps.signal);
  const checkpointFile = createCheckpointFile(
    options.progressFile === undefined
      ? `${path}.progress`
      : resolve(deps.cwd, options.progressFile),
  );
  const found = options.restart === true ? undefined : await checkpointFile.read();
  if (found !== undefined) assertResumable(found, survey, client.describe(), checkpointFile.path);
  const progress = createImportProgress(found);
  const answeredBefore = found === undefined ? 0 : linesAnswered(found);
  if (found !== undefined) io.stderr(describeResume(found, answeredBefore, survey));

  const display = createProgress(io, {
    totalLines: survey.lines,
    answeredBefore,
    monotonicMs: deps.monotonicMs,
  });
  const startedAtMs = deps.monotonicMs();
  let answered = answeredBefore;
  let stopped: string | undefined;
  try {
    stopped = await importFile({
      path,
      name,
      skipExisting: options.skipExisting === true,
      sha256: survey.sha256,
      client,
      progress,
      checkpointFile,
      concurrency: options.concurrency,
      password: deps.password,
      policy: deps.policy ?? PATIENT,
      checkpointIntervalMs: deps.checkpointIntervalMs ?? CHECKPOINT_INTERVAL_MS,
      graceMs: GRACE_MS,
      signal: deps.signal,
      onRefused(refusal) {
        if (options.json) io.stdout(JSON.stringify({ type: 'refused', ...refusal }));
        else display.log(describeRefusal(refusal));
      },
      onAnswered() {
        answered += 1;
        display.update(answered, progress.counts());
      },
    });
  } finally {
    display.finish();
  }
  const seconds = (deps.monotonicMs() - startedAtMs) / 1_000;
  const summary = { counts: progress.counts(), answered, answeredBefore, seconds, survey };
  if (options.json) io.stdout(JSON.stringify(summaryDocument(summary, stopped)));
  else io.stdout(describeSummary(summary));
  if (stopped !== undefined) {
    const message = `${stopped}. ${howToGoOn(isInput, progress)}`;
    if (deps.signal.aborted) throw new Interrupted(message);
    if (options.json !== true) io.stderr(message);
    else io.stderr(toErrorLine(message, { code: 'import_stopped' }));
  }
  return stopped === undefined && progress.counts().refused === 0 ? EXIT.done : EXIT.failed;
}

function howToGoOn(isInput: boolean, progress: ImportProgress): string {
  if (progress.isUntouched()) return 'Run the same command again.';
  return isInput
    ? 'Run the same command again with --skip-existing.'
    : `Run the same command again to resume at line ${progress.nextLine()}.`;
}

async function surveyRegularFile(
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<FileSurvey> {
  try {
    if ((await stat(path)).isFile()) return await surveyFile(path, signal);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    if (signal.aborted) throw new Interrupted('Interrupted before the first request.');
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new CommandFailure(`Cannot read ${name} (${code}).`, { cause: error });
  }
  throw new CommandFailure(
    `${name} is not a regular file. The import reads the file twice, and again to resume. Pipe it to --file - instead.`,
  );
}

function assertResumable(
  checkpoint: Checkpoint,
  survey: FileSurvey,
  target: string,
  checkpointPath: string,
): void {
  const began = `An earlier import stopped at line ${checkpoint.nextLine} (${checkpointPath}).`;
  const restart = 'with --restart, which reports people who are registered already as email_taken.';
  if (checkpoint.sha256 !== survey.sha256) {
    throw new CommandFailure(`${began} The file has changed since. Start over ${restart}`);
  }
  if (checkpoint.target !== target) {
    throw new CommandFailure(
      `${began} Its target was ${checkpoint.target}, but this target is ${target}. Use the same target, or start over ${restart}`,
    );
  }
}

function linesAnswered(checkpoint: Checkpoint): number {
  const above = checkpoint.doneRanges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return checkpoint.nextLine - 1 + above;
}

function describeResume(found: Checkpoint, answeredBefore: number, survey: FileSurvey): string {
  const { created, alreadyThere, refused } = found.counts;
  const outcomes = `${created} created, ${alreadyThere} already there, ${refused} refused`;
  return `Resuming at line ${found.nextLine} of ${survey.lines}: ${counted(answeredBefore, 'line')} done before (${outcomes}).`;
}

interface Summary {
  readonly counts: Counts;
  readonly answered: number;
  readonly answeredBefore: number;
  readonly seconds: number;
  readonly survey: FileSurvey;
}

function rateOf({ answered, answeredBefore, seconds }: Summary): number {
  return seconds > 0 ? Math.round(((answered - answeredBefore) / seconds) * 10) / 10 : 0;
}

function describeSummary(summary: Summary): string {
  const { counts, answered, answeredBefore, survey, seconds } = summary;
  const outcomes = `${counts.created} created, ${counts.alreadyThere} already there, ${counts.refused} refused`;
  const done = `${answered} of ${counted(survey.lines, 'line')}`;
  const rate = `in ${seconds.toFixed(1)} s, ${rateOf(summary)} per second`;
  if (answeredBefore === 0) return `${outcomes}; ${done} ${rate}`;
  return `${outcomes}; ${done} done, ${answered - answeredBefore} of them now ${rate}`;
}

function summaryDocument(summary: Summary, stopped: string | undefined): object {
  return {
    type: 'summary',
    complete: stopped === undefined,
    ...(stopped === undefined ? {} : { stopped }),
    created: summary.counts.created,
    already_there: summary.counts.alreadyThere,
    refused: summary.counts.refused,
    lines: summary.survey.lines,
    lines_answered: summary.answered,
    seconds: Math.round(summary.seconds * 1_000) / 1_000,
    per_second: rateOf(summary),
  };
}
