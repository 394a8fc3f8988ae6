import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { CommandFailure } from '../io.ts';

/** One line of a file, numbered from 1. */
export type Line =
  | { readonly number: number; readonly kind: 'text'; readonly text: string }
  /** Only white space. */
  | { readonly number: number; readonly kind: 'blank' }
  /** More than `LINE_MAX_BYTES`. */
  | { readonly number: number; readonly kind: 'too_long' }
  | { readonly number: number; readonly kind: 'not_utf8' }
  /** A row of CSV; `reason` continues a sentence about the line. */
  | { readonly number: number; readonly kind: 'malformed_csv'; readonly reason: string };

/** The service rejects longer requests. */
export const LINE_MAX_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface FileSurvey {
  /** SHA-256 of the content, unpacked; hexadecimal. */
  readonly sha256: string;
  readonly lines: number;
}

/** Reads the whole file once, in constant memory. @throws the error of the file system */
export async function surveyFile(path: string, signal?: AbortSignal): Promise<FileSurvey> {
  const hash = createHash('sha256');
  let lines = 0;
  let endsInsideLine = false;
  for await (const chunk of chunksOf(path, signal)) {
    hash.update(chunk);
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1))
      lines++;
    endsInsideLine = chunk.at(-1) !== LINE_FEED;
  }
  return { sha256: hash.digest('hex'), lines: endsInsideLine ? lines + 1 : lines };
}

/**
 * Yields the lines of a file; memory holds at most one line and one chunk. It drops a byte order mark, and the carriage
 * return before a line feed. `hash` gets every byte that is read.
 */
export async function* readLines(path: string, hash?: Hash): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  let number = 1;
  const append = (part: Buffer): void => {
    // Of a line that is too long, only the length is kept.
    if (length <= LINE_MAX_BYTES) parts.push(part);
    length += part.length;
  };
  const finish = (): Line => {
    const line = toLine(number, length, parts);
    number += 1;
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunksOf(path)) {
    hash?.update(chunk);
    let start = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, start)) {
      append(chunk.subarray(start, at));
      yield finish();
      start = at + 1;
    }
    if (start < chunk.length) append(chunk.subarray(start));
  }
  if (length > 0) yield finish();
}

function toLine(number: number, length: number, parts: readonly Buffer[]): Line {
  if (length > LINE_MAX_BYTES) return { number, kind: 'too_long' };
  let bytes = parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
  if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
  let text: string;
  try {
    // Fatal: a replacement character would register a person under a wrong name.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: number !== 1 }).decode(bytes);
  } catch {
    return { number, kind: 'not_utf8' };
  }
  return text.trim() === '' ? { number, kind: 'blank' } : { number, kind: 'text', text };
}

/** The content of the file in chunks, unpacked when it is gzip. @throws CommandFailure for damaged gzip */
async function* chunksOf(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { ...(signal === undefined ? {} : { signal }) });
  if (!(await isGzip(path))) {
    for await (const chunk of file) if (Buffer.isBuffer(chunk)) yield chunk;
    return;
  }
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  file.pipe(unpacked);
  try {
    for await (const chunk of unpacked) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_')) throw error;
    throw new CommandFailure(`The gzip file is damaged or cut off (${code}).`, {
      code: 'wrong_file',
      cause: error,
    });
  } finally {
    file.destroy();
  }
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(2), length: 2, position: 0 });
    return buffer.equals(GZIP_MAGIC);
  } finally {
    await file.close();
  }
}
