const CR = 13;
const LF = 10;
/** The shortest request head, `GET / HTTP/1.1` and two line feeds, in bytes. */
const MIN_HEAD_BYTES = 16;
/** Bytes that are compared one by one, so that short lines need no call of the search. */
const SHORT_LINE_BYTES = 32;

export interface HeadScanner {
  /**
   * Returns the end of the slice of `chunk` that begins at `from`. At most one request head ends in it, and only at its
   * end. Call this for successive slices without a gap, except for `skipBody`.
   * @param body `none`: the latest request is complete. `open`: bytes of its body may follow. `alone`: the same, and
   *   the slice must not go beyond the body. An `open` body gets fewer slices.
   */
  endOfSlice(chunk: Buffer, from: number, body: 'none' | 'open' | 'alone'): number;
  /** Says that the next slice begins where a body of known length, or a part of it, has ended. */
  skipBody(): void;
}

/**
 * Finds the ends of request heads in the bytes of one connection without parsing them. Every head and every chunked
 * body ends with an empty line (RFC 9112 §2.1, §7.1), and a slice ends after an empty line. It may end too early, which
 * costs one more call of the parser.
 */
export function createHeadScanner(): HeadScanner {
  let endedAtEmptyLine = true;
  return {
    endOfSlice(chunk, from, body) {
      const isInHead = body === 'none' && !endedAtEmptyLine;
      // Outside a head, the next head begins here at the earliest. So bodies of empty lines get slices of this size.
      const first = isInHead || body === 'alone' ? from : from + MIN_HEAD_BYTES - 1;
      for (let at = lineFeed(chunk, first); at >= 0; at = lineFeed(chunk, at + 1)) {
        const before = chunk[at - 1] === CR ? at - 2 : at - 1;
        // The line may have begun in an earlier chunk: perhaps it is empty, perhaps not.
        if (before < 0) return at + 1;
        if (chunk[before] === LF) {
          endedAtEmptyLine = true;
          return at + 1;
        }
      }
      endedAtEmptyLine = false;
      return chunk.length;
    },
    skipBody() {
      endedAtEmptyLine = true;
    },
  };
}

/**
 * The first line feed at this place or after it; -1 without one. The search of `Buffer` finds the end of a long line ten
 * times as fast as a loop, and a loop the end of a short one.
 */
function lineFeed(chunk: Buffer, from: number): number {
  const end = Math.min(chunk.length, from + SHORT_LINE_BYTES);
  for (let at = from; at < end; at += 1) {
    if (chunk[at] === LF) return at;
  }
  return end === chunk.length ? -1 : chunk.indexOf(LF, end);
}
