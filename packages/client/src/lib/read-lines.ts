/** Bounds of a body of lines: nothing that a server sends makes this process hold more. */
export interface LineBounds {
  readonly maxLineLength: number;
  /** Of the whole body. Without it, for streams of any length, only the lines are bounded. */
  readonly maxBytes?: number;
}

/**
 * Reads a body line by line: the lines that each of its pieces completes, without empty ones. The last line may have no
 * line feed.
 * @throws Error beyond a bound and for bytes that are not UTF-8, and what the connection throws
 */
export async function* readLines(
  response: Response,
  { maxLineLength, maxBytes = Number.POSITIVE_INFINITY }: LineBounds,
): AsyncGenerator<readonly string[], void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      bytes += value?.byteLength ?? 0;
      if (bytes > maxBytes) throw new Error(`the response has more than ${maxBytes} bytes`);
      const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
      if (lines.some((line) => line.length > maxLineLength)) {
        throw new Error(`the response has a line of more than ${maxLineLength} characters`);
      }
      rest = done ? '' : (lines.pop() ?? '');
      const complete = lines.filter((line) => line !== '');
      if (complete.length > 0) yield complete;
      if (done) return;
    }
  } finally {
    // Not awaited: it can hang, or fail when the connection is already gone.
    reader.cancel().catch(() => {});
  }
}
