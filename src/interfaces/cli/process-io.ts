import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type CliIo, Interrupted, UsageError } from './io.ts';
import { printable } from './text.ts';

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
      if (!closed) stdout.write(`${stdout.isTTY === true ? inert(line) : line}\n`);
    },
    stderr: (line) => void stderr.write(`${inert(line)}\n`),
    stdinText: () => readAll(stdin),
    stdinChunks: () => stdin,
    readHidden: (question) => readHidden(question, streams, signal),
    isTerminal: stderr.isTTY === true,
    stdinIsTerminal: stdin.isTTY === true,
    columns: stderr.columns ?? 80,
    tableColumns: stdout.isTTY === true ? stdout.columns : undefined,
    stderrStream: stderr,
    stdoutClosed: () => closed,
  };
}

/** A file name, an argument or a response in a message could hold sequences that steer the terminal. */
function inert(lines: string): string {
  return lines.split('\n').map(printable).join('\n');
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
  return decodeInput(Buffer.concat(chunks));
}

/**
 * Decodes standard input, without the byte order mark that PowerShell puts before it. A replacement character for other
 * bytes would make another password of the one that was typed. @throws UsageError for other encodings
 */
function decodeInput(bytes: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notUtf8('Standard input');
  }
  // UTF-16 without its mark is UTF-8 with a NUL beside each letter.
  if (text.includes('\0')) throw notUtf8('Standard input');
  return text;
}

function notUtf8(source: string): UsageError {
  return new UsageError(`${source} is not UTF-8. Send UTF-8, or use letters of ASCII only.`);
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
    const answer = await terminal.question('', {
      signal: AbortSignal.any([signal, interrupted.signal]),
    });
    // The line editor decodes leniently.
    if (answer.includes('\ufffd')) throw notUtf8('The input of the terminal');
    return answer;
  } catch (error) {
    if (signal.aborted || interrupted.signal.aborted) throw new Interrupted();
    // Ctrl-D aborts the prompt too.
    if (error instanceof Error && error.name === 'AbortError') {
      throw new UsageError('The input ended: no password was read.');
    }
    throw error;
  } finally {
    terminal.close();
    stderr.write('\n');
  }
}
