import { createHash } from 'node:crypto';
import { CommandFailure } from '../io.ts';
import { type OperatorClient, ServiceUnreachable } from '../operator-client.ts';
import { describeProblem, problemOf } from '../problem.ts';
import { type RetryPolicy, requestWithRetries } from '../retry.ts';
import type { CheckpointFile } from './checkpoint.ts';
import { createCheckpointKeeper } from './checkpoint-writer.ts';
import type { ImportProgress, Outcome } from './import-progress.ts';
import { type Line, readLines } from './line-reader.ts';
import { parsePersonLine, type Refusal, refusalOf } from './person-line.ts';

/** What a load works on. Times in milliseconds. */
export interface LoadDeps {
  readonly path: string;
  /** Of the file, as surveyed: a file that changes meanwhile must not pass for it. */
  readonly sha256: string;
  readonly client: OperatorClient;
  readonly ledger: ImportProgress;
  readonly checkpointFile: CheckpointFile;
  readonly concurrency: number;
  /** For lines without one. */
  readonly password: string | undefined;
  readonly policy: RetryPolicy;
  readonly checkpointIntervalMs: number;
  /** Requests under way when the load stops get so long for their answers. */
  readonly graceMs: number;
  /** Stops the load. */
  readonly signal: AbortSignal;
  onRefused(refusal: Refusal): void;
  onAnswered(): void;
}

/** How a load ended: undefined for complete, else why it stopped. */
export type StopReason = string | undefined;

/** So many failures (500) in a row are no longer about the lines. */
const FAILURES_IN_A_ROW = 5;

/**
 * Sends the lines of a file that the ledger has no answer for, `concurrency` at a time, in constant memory. The
 * checkpoint is there while lines may be unanswered and removed once none is.
 * @throws CommandFailure when the checkpoint cannot be written
 */
export async function loadFile(deps: LoadDeps): Promise<StopReason> {
  const { ledger, signal } = deps;
  const stop = createStop(signal, deps.graceMs);
  const keeper = createCheckpointKeeper({
    file: deps.checkpointFile,
    ledger,
    subject: { sha256: deps.sha256, target: deps.client.describe() },
    intervalMs: deps.checkpointIntervalMs,
    onFailure: (error) => stop.stop(messageOf(error)),
  });
  const hash = createHash('sha256');
  const lines = readLines(deps.path, hash);
  const unanswered = new Set<number>();
  const send = createSender(deps, stop);

  async function work(): Promise<void> {
    while (!stop.soft.aborted) {
      const { value: line, done } = await lines.next();
      if (done === true || line === undefined) return;
      if (ledger.isDone(line.number)) continue;
      if (!(await keeper.admit(line.number)) || stop.soft.aborted) return;
      unanswered.add(line.number);
      const outcome = await send(line);
      if (outcome === 'in_doubt') return;
      unanswered.delete(line.number);
      if (outcome === 'not_done') return;
      ledger.settle(line.number, outcome);
      deps.onAnswered();
    }
  }

  stop.soft.addEventListener('abort', () => void keeper.end(), { once: true });
  try {
    await keeper.begin();
    await Promise.all(
      Array.from({ length: deps.concurrency }, () =>
        work().catch((error: unknown) => stop.fail(error)),
      ),
    );
  } finally {
    await keeper.end();
    await lines.return(undefined);
    stop.release();
  }
  if (!stop.soft.aborted && hash.digest('hex') !== deps.sha256) {
    stop.stop('The file changed while it was read');
  }
  if (stop.soft.aborted) {
    // A mistyped target must not be what the next run has to resume on.
    if (ledger.isUntouched() && unanswered.size === 0) await deps.checkpointFile.remove();
    else await keeper.writeFinal(Math.max(0, ...unanswered));
    if (stop.error() !== undefined) throw stop.error();
    return stop.reason();
  }
  await deps.checkpointFile.remove();
  return undefined;
}

/** What became of a line, or how it stays unanswered when it stopped the load. */
type Sent = Outcome | 'not_done' | 'in_doubt';

function createSender(deps: LoadDeps, stop: Stop): (line: Line) => Promise<Sent> {
  let failuresInARow = 0;
  const refuse = (refusal: Refusal): Outcome => {
    deps.onRefused(refusal);
    return 'refused';
  };
  return async (line) => {
    if (line.kind === 'blank') return 'blank';
    const parsed = parsePersonLine(line, deps.password);
    if (parsed.kind === 'refused') return refuse(parsed.refusal);
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
      return refuse(refusalOf(line.number, problem, body));
    }
    if (status === 409 && problem.code === 'email_taken') {
      const ours = response.maybeDoneBefore || deps.ledger.maybeSentBefore(line.number);
      if (ours) return 'alreadyThere';
    }
    if (LINE_REFUSED.has(status)) return refuse(refusalOf(line.number, problem, body));
    stop.stop(whyStopped(status, describeProblem(problem)));
    return response.maybeDone ? 'in_doubt' : 'not_done';
  };
}

/** Answers about the line itself, which another try would not change. */
const LINE_REFUSED = new Set([400, 409, 413, 415, 422]);

function whyStopped(status: number, description: string): string {
  if (status === 401 || status === 403) return `The service refuses the caller (${description})`;
  if (status === 429 || status >= 500) return `The service does not recover (${description})`;
  return `What answers is not the user service (${description})`;
}

/** How a load is told to stop: `soft` sends nothing more, `hard` gives up on the answers too. */
interface Stop {
  readonly soft: AbortSignal;
  readonly hard: AbortSignal;
  /** The first reason stays. */
  stop(reason: string): void;
  /** Stops for a failure that the load throws. */
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
  return error instanceof CommandFailure ? error.message : 'The load failed';
}
