import { MultiBar } from 'cli-progress';
import type { CliIo } from '../io.ts';
import type { Counts } from './checkpoint.ts';

/** Shows the progress of an import on standard error. */
export interface Progress {
  update(answeredLines: number, counts: Counts): void;
  /** Writes a line that the progress does not overwrite. */
  log(line: string): void;
  /** May be called twice. */
  finish(): void;
}

interface Options {
  readonly totalLines: number;
  /** Lines done by earlier runs: they do not count for the rate of this run. */
  readonly answeredBefore: number;
  readonly monotonicMs: () => number;
}

const LINE_INTERVAL_MS = 5_000;

/** Shows a bar on a terminal; elsewhere it writes a line every five seconds. */
export function createProgress(io: CliIo, options: Options): Progress {
  const { totalLines, answeredBefore, monotonicMs } = options;
  const startedAtMs = monotonicMs();
  let answered = answeredBefore;
  let refused = 0;
  const figures = (): { rate: string; left: string; refused: number } => {
    const seconds = (monotonicMs() - startedAtMs) / 1_000;
    const rate = seconds > 0 ? (answered - answeredBefore) / seconds : 0;
    const left = rate > 0 ? formatSeconds((totalLines - answered) / rate) : '?';
    return { rate: rate.toFixed(rate < 10 ? 1 : 0), left, refused };
  };
  const set = (answeredLines: number, counts: Counts): void => {
    answered = answeredLines;
    refused = counts.refused;
  };
  return io.isTerminal ? asBar() : asLines();

  function asBar(): Progress {
    const bars = new MultiBar({
      format: '{bar} {percentage}%  {value}/{total}  {rate}/s  {left} left  {refused} refused',
      barsize: Math.max(10, Math.min(40, io.columns - 60)),
      barCompleteChar: '█',
      barIncompleteChar: '░',
      stream: io.stderrStream,
      gracefulExit: false,
      emptyOnZero: true,
    });
    const bar = bars.create(totalLines, answered, figures());
    let finished = false;
    return {
      update(answeredLines, counts) {
        set(answeredLines, counts);
        bar.update(answered, figures());
      },
      log: (line) => bars.log(`${line}\n`),
      finish() {
        if (finished) return;
        finished = true;
        bars.update();
        bars.stop();
      },
    };
  }

  function asLines(): Progress {
    const timer = setInterval(() => {
      const { rate, left } = figures();
      io.stderr(`${answered} of ${totalLines} lines, ${rate}/s, ${left} left, ${refused} refused`);
    }, LINE_INTERVAL_MS);
    return { update: set, log: (line) => io.stderr(line), finish: () => clearInterval(timer) };
  }
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
