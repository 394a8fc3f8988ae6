/** Receives whole lines with their line feeds. */
export interface LineOutput {
  /** @param count how many lines the text has; 1 by default */
  write(lines: string, count?: number): unknown;
}

/** Gathers the lines of requests that are answered in one turn of the event loop. */
export interface TurnBuffer {
  /** Adds the line of a request. `answer` is called once, after the line is written; it must not throw. */
  add(line: string, answer: () => void): void;
  /** Writes another line at once, after those that were added before it. */
  write(line: string): void;
  /** Writes the added lines at once; their answers follow at the end of the turn. For the end of the process. */
  flush(): void;
}

/** Most answers that wait for the end of a turn. With more, the lines are written and the answers leave at once. */
const MAX_WAITING = 64;

/**
 * Writes the lines of a turn with one call, and sends their answers after that: an answer that left has its line, also
 * when the process is killed in the next moment.
 */
export function createTurnBuffer(output: LineOutput): TurnBuffer {
  let lines = '';
  let count = 0;
  let answers: (() => void)[] = [];
  let isScheduled = false;

  function flush(): void {
    if (count === 0) return;
    const [text, written] = [lines, count];
    lines = '';
    count = 0;
    try {
      output.write(text, written);
    } catch {
      // A line that cannot be written must not fail the requests that it reports.
    }
  }

  function endTurn(): void {
    flush();
    const ready = answers;
    answers = [];
    for (const answer of ready) answer();
  }

  return {
    add(line, answer) {
      lines += line;
      count += line === '' ? 0 : 1;
      answers.push(answer);
      if (answers.length >= MAX_WAITING) {
        endTurn();
        return;
      }
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        endTurn();
      });
    },
    write(line) {
      flush();
      output.write(line);
    },
    flush,
  };
}
