const CR = 13;
const LF = 10;
/** The shortest request head, `GET / HTTP/1.1` and two line feeds, in bytes. */
const MIN_HEAD_BYTES = 16;

export interface HeadScanner {
  /**
   * Returns the end of the slice of `chunk` that begins at `from`. At most one request head ends in it, and only at its
   * end. Call this for successive slices without a gap, except for `skipBody`.
   * @param body `none`: the latest request is complete. `open`: bytes of its body may follow. `alone`: the same, and
   *   the slice must not go beyond the body. An `open` body gets fewer slices.
   */
  endOfSlice(chunk: Uint8Array, from: number, body: 'none' | 'open' | 'alone'): number;
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
      for (let at = first; at < chunk.length; at += 1) {
        if (chunk[at] !== LF) continue;
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
