import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type CliIo, UsageError } from './io.ts';

/** The part of `process` that commands talk through. */
export interface ProcessStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** More than any password or argument; the rest would only fill the memory. */
const STDIN_MAX_BYTES = 1024 * 1024;

/**
 * The process's own streams. A reader that goes away (`… | head`) is no failure: later lines go nowhere.
 * `signal` ends a question that waits for its answer.
 */
export function createProcessIo(streams: ProcessStreams, signal: AbortSignal): CliIo {
  const { stdin, stdout, stderr } = streams;
  let closed = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
  stderr.on('error', () => {}); // nobody is left to tell
  return {
    stdout(line) {
      if (!closed) stdout.write(`${line}\n`);
    },
    stderr: (line) => void stderr.write(`${line}\n`),
    stdinText: () => readAll(stdin),
    readHidden: (question) => readHidden(question, streams, signal),
    isTerminal: stderr.isTTY === true,
    stdinIsTerminal: stdin.isTTY === true,
    columns: stderr.columns ?? 80,
    stderrStream: stderr,
    stdoutClosed: () => closed,
  };
}

async function readAll(stdin: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > STDIN_MAX_BYTES) throw new UsageError('Standard input is too long.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readHidden(
  question: string,
  { stdin, stderr }: ProcessStreams,
  signal: AbortSignal,
): Promise<string> {
  if (stdin.isTTY !== true) throw new UsageError('There is no terminal to ask on.');
  stderr.write(question);
  // The line editor echoes what is typed to its output: this one swallows it.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  // In raw mode Ctrl-C reaches the editor and not the process.
  const interrupted = new AbortController();
  terminal.on('SIGINT', () => interrupted.abort());
  try {
    return await terminal.question('', { signal: AbortSignal.any([signal, interrupted.signal]) });
  } catch (error) {
    // Ctrl-C, Ctrl-D and the signal all abort the question.
    if (error instanceof Error && error.name === 'AbortError') {
      throw new UsageError('Interrupted: nothing was answered.');
    }
    throw error;
  } finally {
    terminal.close();
    stderr.write('\n');
  }
}
