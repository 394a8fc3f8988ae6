import type { Checkpoint, CheckpointFile } from './checkpoint.ts';
import type { ImportProgress } from './import-progress.ts';

interface Deps {
  readonly file: CheckpointFile;
  readonly progress: ImportProgress;
  /** The file and the target of the import. */
  readonly subject: Pick<Checkpoint, 'sha256' | 'target'>;
  /** Between two writes. */
  readonly intervalMs: number;
  /** Called when a checkpoint cannot be written; the writer has ended. */
  onFailure(error: unknown): void;
}

/**
 * Writes the checkpoint at most once an interval, and admits a line only after a checkpoint that covers it is on disk.
 * An import that is killed at any moment therefore leaves a checkpoint that covers every line whose response it may
 * have lost. States: not begun, running, ended.
 */
export interface CheckpointWriter {
  /** Writes the first checkpoint. @throws CommandFailure */
  begin(): Promise<void>;
  /** Resolves to true when the line may be sent: at once, unless the import is far ahead of the disk. False once ended. */
  admit(line: number): Promise<boolean>;
  /** Stops admission and the timer. May be called twice. */
  end(): Promise<void>;
  /** Writes the last checkpoint: no line above `sentUpTo` was sent. @throws CommandFailure */
  writeFinal(sentUpTo: number): Promise<void>;
}

/** Lines that may be sent ahead of the lowest unanswered one: twice the progress of an interval, within these bounds. */
const WINDOW = { min: 2_000, max: 10_000 };

export function createCheckpointWriter(deps: Deps): CheckpointWriter {
  const { file, progress, subject } = deps;
  let admittedUpTo = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let lastNextLine = progress.nextLine();
  let waiting: (() => void)[] = [];

  async function write(): Promise<void> {
    const nextLine = progress.nextLine();
    const window = Math.min(WINDOW.max, Math.max(WINDOW.min, 2 * (nextLine - lastNextLine)));
    lastNextLine = nextLine;
    const sentUpTo = Math.max(admittedUpTo, nextLine + window - 1);
    await file.write({ ...subject, ...progress.snapshot(sentUpTo) });
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
      await file.write({ ...subject, ...progress.snapshot(sentUpTo) });
    },
  };
}
