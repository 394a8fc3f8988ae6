import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Interrupted, UsageError } from './io.ts';
import { createProcessIo, type ProcessStreams } from './process-io.ts';

/** Creates streams for a test; `text` returns everything written to standard output and error. */
function streams(options: { terminal: boolean }): ProcessStreams & { text(): string } {
  const make = () => Object.assign(new PassThrough(), { isTTY: options.terminal, columns: 120 });
  const [stdin, stdout, stderr] = [make(), make(), make()];
  let text = '';
  for (const stream of [stdout, stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  // A pass-through has every member that the code uses of a terminal's stream.
  return { stdin, stdout, stderr, text: () => text } as unknown as ProcessStreams & {
    text(): string;
  };
}

const never = new AbortController().signal;

describe('a hidden prompt', () => {
  test('returns the input and shows nothing of it', async () => {
    const process = streams({ terminal: true });
    const io = createProcessIo(process, never);
    const answer = io.readHidden('Password: ');
    process.stdin.push('canäry 12\r');
    expect(await answer).toBe('canäry 12');
    expect(process.text()).toBe('Password: \n');
  });

  test('ends with Ctrl-C, with the end of the input, and with the signal', async () => {
    for (const [key, error] of [
      ['\u0003', Interrupted],
      ['\u0004', UsageError],
    ] as const) {
      const process = streams({ terminal: true });
      const answer = createProcessIo(process, never).readHidden('Password: ');
      process.stdin.push(key);
      await expect(answer).rejects.toThrow(error);
    }
    const controller = new AbortController();
    const answer = createProcessIo(streams({ terminal: true }), controller.signal).readHidden('? ');
    controller.abort();
    await expect(answer).rejects.toThrow(Interrupted);
  });

  test('without a terminal is wrong usage', async () => {
    const io = createProcessIo(streams({ terminal: false }), never);
    await expect(io.readHidden('Password: ')).rejects.toThrow(UsageError);
  });
});

test('a password that the terminal sends in another encoding is refused', async () => {
  const process = streams({ terminal: true });
  const answer = createProcessIo(process, never).readHidden('Password: ');
  process.stdin.push(Buffer.from('caf\u00e9 quiet otter 79\r', 'latin1'));
  await expect(answer).rejects.toThrow(/not UTF-8/);
});

test('standard input is read to its end, up to a bound', async () => {
  const process = streams({ terminal: false });
  const text = createProcessIo(process, never).stdinText();
  process.stdin.push(Buffer.from('ü').subarray(0, 1));
  process.stdin.push(Buffer.from('ü').subarray(1));
  process.stdin.push(null);
  expect(await text).toBe('ü');
  const endless = streams({ terminal: false });
  const tooMuch = createProcessIo(endless, never).stdinText();
  endless.stdin.push(Buffer.alloc(2 * 1024 * 1024));
  await expect(tooMuch).rejects.toThrow(UsageError);
});

test('a closed standard output is not a failure', () => {
  const process = streams({ terminal: false });
  const io = createProcessIo(process, never);
  expect(io.stdoutClosed()).toBe(false);
  process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  expect(io.stdoutClosed()).toBe(true);
  io.stdout('more');
  expect(process.text()).toBe('');
});

test('no control character of the text reaches a terminal, and a pipe gets results as they are', () => {
  const text = 'first\u001b[31m\u009b2J\rsecond\nthird';
  const terminal = streams({ terminal: true });
  const io = createProcessIo(terminal, never);
  io.stdout(text);
  io.stderr(text);
  const inert = 'first?[31m?2J?second\nthird\n';
  expect(terminal.text()).toBe(inert + inert);

  const pipe = streams({ terminal: false });
  createProcessIo(pipe, never).stdout(text);
  createProcessIo(pipe, never).stderr(text);
  expect(pipe.text()).toBe(`${text}\n${inert}`);
});
