import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLogOutput, type LogOutput } from './log-output.ts';
import { createFileSink, createStreamSink, type LogSink } from './log-sinks.ts';

const LINE = `${'x'.repeat(99)}\n`;
const MAX_UNREAD = 1_000;

/** A stream whose reader takes a chunk only when told to. */
function createSlowReader() {
  const taken: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: MAX_UNREAD / 2,
    write(chunk: string, _encoding, done) {
      taken.push(chunk);
      waiting.push(done);
    },
  });
  /** Reads everything that was written, or fails all of it. */
  async function read(error?: Error): Promise<void> {
    for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) {
      done(error);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { stream, read, text: () => taken.join('') };
}

function openOutput(sink: LogSink, nowMs = () => 0): { output: LogOutput; reports: string[] } {
  const reports: string[] = [];
  const report = (text: string): void => {
    reports.push(text);
    output.write(`${text}\n`);
  };
  const output = createLogOutput({
    sink,
    nowMs,
    maxUnread: MAX_UNREAD,
    onUnread: (unread) => report(`unread: ${unread}`),
    onRead: (dropped) => report(`read again: ${dropped}`),
    onUnwritable: (error) => void reports.push(`unwritable: ${error.message}`),
    onWritable: (dropped) => report(`writable again: ${dropped}`),
  });
  return { output, reports };
}

describe('a log that is not read', () => {
  test('keeps a bounded number of characters, and drops and counts further lines', () => {
    const { stream } = createSlowReader();
    const { output, reports } = openOutput(createStreamSink(stream));
    for (let line = 0; line < 25; line += 1) output.write(LINE);
    expect(reports).toEqual(['unread: 1000']);
    expect(output.stats()).toEqual({ unread: 1_000 + 'unread: 1000\n'.length, droppedLines: 15 });
  });

  test('gets the count when its reader is back, also when nothing else is logged', async () => {
    const { stream, read, text } = createSlowReader();
    const { output, reports } = openOutput(createStreamSink(stream));
    for (let line = 0; line < 25; line += 1) output.write(LINE);
    await read();
    expect(reports).toEqual(['unread: 1000', 'read again: 15']);
    output.write('more\n');
    await read();
    expect(text()).toBe(`${LINE.repeat(10)}unread: 1000\nread again: 15\nmore\n`);
    expect(output.stats()).toEqual({ unread: 0, droppedLines: 15 });
  });

  test('keeps of lines that come together as many as of lines that come alone', () => {
    const { stream } = createSlowReader();
    const { output, reports } = openOutput(createStreamSink(stream));
    output.write(LINE.repeat(8), 8);
    output.write(LINE.repeat(17), 17);
    expect(reports).toEqual(['unread: 1000']);
    expect(output.stats()).toEqual({ unread: 1_000 + 'unread: 1000\n'.length, droppedLines: 15 });
  });

  test('takes lines again only when half of the unread ones are read', () => {
    const unread = { value: MAX_UNREAD };
    const lines: string[] = [];
    const { output, reports } = openOutput({
      write: (line: string) => void lines.push(line),
      unread: () => unread.value,
      onDrain: () => {},
    });
    output.write('first\n');
    unread.value = MAX_UNREAD / 2 + 1;
    output.write('second\n');
    unread.value = MAX_UNREAD / 2;
    output.write('third\n');
    expect(reports).toEqual(['unread: 1000', 'read again: 2']);
    expect(lines).toEqual(['unread: 1000\n', 'read again: 2\n', 'third\n']);
  });
});

describe('a log that cannot be written', () => {
  test('is reported once, and once more with the number of lost lines', async () => {
    let isFull = true;
    let now = 0;
    const written: string[] = [];
    const sink = createFileSink(1, (_fd, bytes, offset) => {
      if (isFull) throw new Error('ENOSPC');
      written.push(Buffer.from(bytes.subarray(offset)).toString());
      return bytes.length - offset;
    });
    const { output, reports } = openOutput(sink, () => now);
    for (let line = 0; line < 3; line += 1) output.write(LINE);
    isFull = false;
    output.write('at once\n');
    expect(reports).toEqual(['unwritable: ENOSPC']);
    now += 1_000;
    output.write('later\n');
    expect(reports).toEqual(['unwritable: ENOSPC', 'writable again: 3']);
    expect(written).toEqual(['at once\n', 'later\n', 'writable again: 3\n']);
    expect(output.stats()).toEqual({ unread: 0, droppedLines: 3 });
  });

  test('begins on a line of its own after a line that was written in part', () => {
    let room = 150;
    let file = '';
    const sink = createFileSink(1, (_fd, bytes, offset) => {
      const count = Math.min(room, bytes.length - offset);
      if (count === 0) throw new Error('ENOSPC');
      room -= count;
      file += Buffer.from(bytes.subarray(offset, offset + count)).toString();
      return count;
    });
    const { output } = openOutput(sink);
    for (let line = 0; line < 4; line += 1) output.write(LINE);
    room = 1_000;
    output.write('{"whole":true}\n');
    expect(file).toBe(`${LINE}${'x'.repeat(50)}\n{"whole":true}\n`);
  });

  test('counts those of several lines that were not written whole', () => {
    let room = 250;
    let file = '';
    const sink = createFileSink(1, (_fd, bytes, offset) => {
      const count = Math.min(room, bytes.length - offset);
      if (count === 0) throw new Error('ENOSPC');
      room -= count;
      file += Buffer.from(bytes.subarray(offset, offset + count)).toString();
      return count;
    });
    const { output } = openOutput(sink);
    output.write(LINE.repeat(5), 5);
    expect(output.stats().droppedLines).toBe(3);
    output.write(LINE.repeat(2), 2);
    expect(output.stats().droppedLines).toBe(5);
    room = 1_000;
    output.write(LINE.repeat(2), 2);
    expect(file).toBe(`${LINE.repeat(2)}${'x'.repeat(50)}\n${LINE.repeat(2)}`);
  });

  test('counts all lines of a write to a stream that failed', async () => {
    const { stream, read } = createSlowReader();
    stream._destroy = (_error, done) => done(null);
    const { output, reports } = openOutput(createStreamSink(stream));
    output.write(LINE.repeat(3), 3);
    await read(new Error('EPIPE'));
    expect(reports).toEqual(['unwritable: EPIPE']);
    expect(output.stats().droppedLines).toBe(3);
  });

  test('does not repeat the line feed when only that was written', () => {
    let room = 51;
    let file = '';
    const sink = createFileSink(1, (_fd, bytes, offset) => {
      const count = Math.min(room, bytes.length - offset);
      if (count === 0) throw new Error('ENOSPC');
      room -= count;
      file += Buffer.from(bytes.subarray(offset, offset + count)).toString();
      return count;
    });
    const { output } = openOutput(sink);
    output.write(LINE);
    room = 1;
    output.write(LINE);
    room = 1_000;
    output.write('{"whole":true}\n');
    expect(file).toBe(`${'x'.repeat(51)}\n{"whole":true}\n`);
  });

  test('begins on a line of its own when the stream failed', async () => {
    const { stream, read, text } = createSlowReader();
    // As standard output does: an error does not end the stream.
    stream._destroy = (_error, done) => done(null);
    const { output, reports } = openOutput(createStreamSink(stream));
    output.write('lost\n');
    await read(new Error('EPIPE'));
    expect(reports).toEqual(['unwritable: EPIPE']);
    expect(output.stats().droppedLines).toBe(1);
    expect(text()).toBe('lost\n');
  });
});
