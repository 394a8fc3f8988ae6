import { readText } from '../lib/read-text.ts';

/** Bounds of a body: nothing that a server sends makes this process hold more. */
export interface ReadBounds {
  readonly maxBytes: number;
  readonly maxLineLength: number;
}

/**
 * Reads a body line by line; the last line may have no line feed.
 * @throws Error beyond a bound, or when the body ends early
 */
export async function* readLines(
  response: Response,
  { maxBytes, maxLineLength }: ReadBounds,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of [...lines, rest]) {
      if (line.length > maxLineLength) throw new Error('the answer has a line that is too long');
    }
    for (const line of lines) if (line !== '') yield line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** @throws Error beyond the bound, or for a body that is not JSON */
export async function readJson(response: Response, maxBytes: number): Promise<unknown> {
  const text = await readText(response, maxBytes);
  if (text === undefined) throw new Error(`the answer has more than ${maxBytes} bytes`);
  return JSON.parse(text);
}
