import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type CliIo, UsageError } from './io.ts';

/** The streams of `process`. */
export interface ProcessStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** More than any password needs; bounds the memory. */
const STDIN_MAX_BYTES = 1024 * 1024;

/**
 * Connects commands to the streams of the process. A closed standard output (`… | head`) is not a failure: later lines
 * are dropped. `signal` ends a prompt that waits for input.
 */
export function createProcessIo(streams: ProcessStreams, signal: AbortSignal): CliIo {
  const { stdin, stdout, stderr } = streams;
  let closed = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
  stderr.on('error', () => {}); // no stream is left to report it on
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
  if (stdin.isTTY !== true) throw new UsageError('There is no terminal to prompt on.');
  stderr.write(question);
  // The line editor echoes input to its output; this output discards it.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  // In raw mode, Ctrl-C reaches the line editor instead of the process.
  const interrupted = new AbortController();
  terminal.on('SIGINT', () => interrupted.abort());
  try {
    return await terminal.question('', { signal: AbortSignal.any([signal, interrupted.signal]) });
  } catch (error) {
    // Ctrl-C, Ctrl-D and the signal all abort the prompt.
    if (error instanceof Error && error.name === 'AbortError') {
      throw new UsageError('Interrupted: no input was read.');
    }
    throw error;
  } finally {
    terminal.close();
    stderr.write('\n');
  }
}
