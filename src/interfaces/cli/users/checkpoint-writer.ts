import type { Checkpoint, CheckpointFile } from './checkpoint.ts';
import type { ImportProgress } from './import-progress.ts';

interface Deps {
  readonly file: CheckpointFile;
  readonly ledger: ImportProgress;
  /** What the checkpoint is about. */
  readonly subject: Pick<Checkpoint, 'sha256' | 'target'>;
  /** Between two writes, in milliseconds. */
  readonly intervalMs: number;
  /** A checkpoint could not be written. */
  onFailure(error: unknown): void;
}

/**
 * Lets lines be sent only after the disk knows that they may be, and writes the checkpoint at most once an interval.
 * States: not begun, running, ended. A load that is killed at any moment so leaves a checkpoint that names every line
 * whose answer it may have lost.
 */
export interface CheckpointKeeper {
  /** Writes the first checkpoint. @throws CommandFailure */
  begin(): Promise<void>;
  /** Resolves when the line may be sent; at once unless the load runs far ahead of the disk. False once ended. */
  admit(line: number): Promise<boolean>;
  /** Ends admission and the timer. May be called twice. */
  end(): Promise<void>;
  /** The last word: nothing above `sentUpTo` is in doubt. @throws CommandFailure */
  writeFinal(sentUpTo: number): Promise<void>;
}

/** How far ahead of the lowest unanswered line one may be sent, in lines: twice what an interval got done. */
const WINDOW = { min: 2_000, max: 10_000 };

export function createCheckpointKeeper(deps: Deps): CheckpointKeeper {
  const { file, ledger, subject } = deps;
  let admittedUpTo = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let lastNextLine = ledger.nextLine();
  let waiting: (() => void)[] = [];

  async function write(): Promise<void> {
    const nextLine = ledger.nextLine();
    const window = Math.min(WINDOW.max, Math.max(WINDOW.min, 2 * (nextLine - lastNextLine)));
    lastNextLine = nextLine;
    const sentUpTo = Math.max(admittedUpTo, nextLine + window - 1);
    await file.write({ ...subject, ...ledger.snapshot(sentUpTo) });
    admittedUpTo = sentUpTo;
  }

  function wake(): void {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  }

  function schedule(): void {
    if (ended) return;
    timer = setTimeout(() => {
      writing = write()
        .catch((error: unknown) => {
          ended = true;
          deps.onFailure(error);
        })
        .finally(() => {
          wake();
          schedule();
        });
    }, deps.intervalMs);
  }

  return {
    async begin() {
      await write();
      schedule();
    },
    async admit(line) {
      while (!ended && line > admittedUpTo) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      return !ended;
    },
    async end() {
      ended = true;
      clearTimeout(timer);
      wake();
      await writing;
    },
    async writeFinal(sentUpTo) {
      await file.write({ ...subject, ...ledger.snapshot(sentUpTo) });
    },
  };
}
