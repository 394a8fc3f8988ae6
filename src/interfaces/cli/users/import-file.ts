import { createHash } from 'node:crypto';
import { CommandFailure } from '../io.ts';
import { type OperatorClient, ServiceUnreachable } from '../operator-client.ts';
import { describeProblem, problemOf } from '../problem.ts';
import { type RetryPolicy, requestWithRetries } from '../retry.ts';
import type { CheckpointFile } from './checkpoint.ts';
import { createCheckpointWriter } from './checkpoint-writer.ts';
import { readPeople } from './csv-lines.ts';
import type { ImportProgress, Outcome } from './import-progress.ts';
import type { Line } from './line-reader.ts';
import { createMalformedLimit, type MalformedLimit } from './malformed-limit.ts';
import { parsePersonLine, type Refusal, rejectionOf } from './person-line.ts';

export interface ImportDeps {
  readonly path: string;
  /** Name of the file in messages. */
  readonly name: string;
  /** Count a person whose e-mail address is registered already as already there, instead of refusing the line. */
  readonly skipExisting: boolean;
  /** Hash of the file before the import: a file that changes during the import stops it. */
  readonly sha256: string;
  readonly client: OperatorClient;
  readonly progress: ImportProgress;
  readonly checkpointFile: CheckpointFile;
  readonly concurrency: number;
  /** Password for lines without one. */
  readonly password: string | undefined;
  readonly policy: RetryPolicy;
  readonly checkpointIntervalMs: number;
  /** When the import stops, requests in flight have this long to finish. */
  readonly graceMs: number;
  /** Stops the import. */
  readonly signal: AbortSignal;
  onRefused(refusal: Refusal): void;
  onAnswered(): void;
}

/** Why an import stopped; undefined if it is complete. */
export type StopReason = string | undefined;

/** After this many failures (500) in a row the cause is the service, not the lines. */
const FAILURES_IN_A_ROW = 5;

/**
 * Sends the lines of a file that are not done yet, `concurrency` at a time, in constant memory. The checkpoint exists
 * until every line is done.
 * @throws CommandFailure when the checkpoint cannot be written
 */
export async function importFile(deps: ImportDeps): Promise<StopReason> {
  const { progress, signal } = deps;
  const stop = createStop(signal, deps.graceMs);
  const checkpoints = createCheckpointWriter({
    file: deps.checkpointFile,
    progress,
    subject: { sha256: deps.sha256, target: deps.client.describe() },
    intervalMs: deps.checkpointIntervalMs,
    onFailure: (error) => stop.stop(messageOf(error)),
  });
  const hash = createHash('sha256');
  const lines = readPeople(deps.path, hash);
  const unanswered = new Set<number>();
  const malformed = createMalformedLimit({ name: deps.name, onRefused: deps.onRefused });
  const send = createSender(deps, stop, malformed);

  async function work(): Promise<void> {
    while (!stop.soft.aborted) {
      const { value: line, done } = await lines.next();
      if (done === true || line === undefined) return;
      if (progress.isDone(line.number)) continue;
      if (!(await checkpoints.admit(line.number)) || stop.soft.aborted) return;
      unanswered.add(line.number);
      const outcome = await send(line);
      if (outcome === 'in_doubt') return;
      unanswered.delete(line.number);
      if (outcome === 'not_done') return;
      progress.record(line.number, outcome);
      deps.onAnswered();
    }
  }

  stop.soft.addEventListener('abort', () => void checkpoints.end(), { once: true });
  try {
    await checkpoints.begin();
    await Promise.all(
      Array.from({ length: deps.concurrency }, () =>
        work().catch((error: unknown) => stop.fail(error)),
      ),
    );
  } finally {
    await checkpoints.end();
    await lines.return(undefined);
    stop.release();
  }
  malformed.end();
  if (!stop.soft.aborted && hash.digest('hex') !== deps.sha256) {
    stop.stop('The file changed during the import');
  }
  if (stop.soft.aborted) {
    // A mistyped target or file must not become the one that the next run has to resume on.
    const nothingSent = progress.isUntouched() && unanswered.size === 0;
    const { created, alreadyThere } = progress.counts();
    const isWrongFile = malformed.isWrongFile() && created + alreadyThere === 0;
    if (nothingSent || isWrongFile) await deps.checkpointFile.remove();
    else await checkpoints.writeFinal(Math.max(0, ...unanswered));
    if (stop.error() !== undefined) throw stop.error();
    return stop.reason();
  }
  await deps.checkpointFile.remove();
  return undefined;
}

/** The outcome of a line. A line that stops the import was `not_done`, or may have been done (`in_doubt`). */
type SendResult = Outcome | 'not_done' | 'in_doubt';

function createSender(
  deps: ImportDeps,
  stop: Stop,
  malformed: MalformedLimit,
): (line: Line) => Promise<SendResult> {
  let failuresInARow = 0;
  const refuse = (refusal: Refusal): Outcome => {
    deps.onRefused(refusal);
    return 'refused';
  };
  return async (line) => {
    if (line.kind === 'blank') return 'blank';
    const parsed = parsePersonLine(line, deps.password);
    if (parsed.kind === 'refused') {
      malformed.add(parsed.refusal);
      return 'refused';
    }
    malformed.wellFormed();
    const { body } = parsed;
    let response: Awaited<ReturnType<typeof requestWithRetries>>;
    try {
      response = await requestWithRetries(
        deps.client,
        { method: 'POST', path: '/v1/users', body, signal: stop.hard },
        { policy: deps.policy, signal: stop.soft, repeatUnknown: true },
      );
    } catch (error) {
      if (!(error instanceof ServiceUnreachable)) throw error;
      stop.stop(error.message.replace(/\.$/, ''));
      return error.maybeSent ? 'in_doubt' : 'not_done';
    }
    const { status } = response;
    if (status === 201) {
      failuresInARow = 0;
      return 'created';
    }
    const problem = problemOf(response);
    failuresInARow = status === 500 ? failuresInARow + 1 : 0;
    if (status === 500 && failuresInARow < FAILURES_IN_A_ROW && !stop.soft.aborted) {
      return refuse(rejectionOf(line.number, problem, body));
    }
    if (status === 409 && problem.code === 'email_taken') {
      const ours =
        deps.skipExisting || response.maybeDoneBefore || deps.progress.maybeSentBefore(line.number);
      if (ours) return 'alreadyThere';
    }
    if (LINE_REFUSED.has(status)) return refuse(rejectionOf(line.number, problem, body));
    stop.stop(whyStopped(status, describeProblem(problem)));
    return response.maybeDone ? 'in_doubt' : 'not_done';
  };
}

/** Rejections of the line itself: a retry would not change them. */
const LINE_REFUSED = new Set([400, 409, 413, 415, 422]);

function whyStopped(status: number, description: string): string {
  if (status === 401 || status === 403) return `The service rejects the key: ${description}`;
  if (status === 429 || status >= 500) return `The service does not recover: ${description}`;
  return `The response is not from a user service: ${description}`;
}

/** Stops an import: after `soft` no line is sent, after `hard` no response is waited for. */
interface Stop {
  readonly soft: AbortSignal;
  readonly hard: AbortSignal;
  /** The first reason is kept. */
  stop(reason: string): void;
  /** Stops with an error that `importFile` throws. */
  fail(error: unknown): void;
  reason(): StopReason;
  error(): unknown;
  release(): void;
}

function createStop(signal: AbortSignal, graceMs: number): Stop {
  const soft = new AbortController();
  const hard = new AbortController();
  let reason: StopReason;
  let failure: unknown;
  let timer: NodeJS.Timeout | undefined;
  const stop = (why: string): void => {
    reason ??= why;
    timer ??= setTimeout(() => hard.abort(), graceMs);
    soft.abort();
  };
  const interrupt = (): void => stop('Interrupted');
  if (signal.aborted) interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  return {
    soft: soft.signal,
    hard: hard.signal,
    stop,
    fail(error) {
      failure ??= error;
      stop(messageOf(error));
    },
    reason: () => reason,
    error: () => failure,
    release() {
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupt);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof CommandFailure ? error.message : 'The import failed';
}
