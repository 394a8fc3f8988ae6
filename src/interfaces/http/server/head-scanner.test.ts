import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeadScanner } from './head-scanner.ts';

const HEAD = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const LONG_HEAD = `GET / HTTP/1.1\r\nAuthorization: Bearer ${'x'.repeat(90)}\r\nHost: x\r\n\r\n`;

/** Cuts successive chunks of heads without bodies into slices. */
function slicesOf(chunks: readonly string[]): string[] {
  const { endOfSlice } = createHeadScanner();
  return chunks.flatMap((text) => {
    const chunk = Buffer.from(text, 'latin1');
    const slices: string[] = [];
    for (let from = 0; from < chunk.length; ) {
      const end = endOfSlice(chunk, from, 'none');
      slices.push(chunk.subarray(from, end).toString('latin1'));
      from = end;
    }
    return slices;
  });
}

describe('createHeadScanner', () => {
  it('ends a slice at the end of each head', () => {
    expect(slicesOf([HEAD.repeat(3)])).toEqual([HEAD, HEAD, HEAD]);
    expect(slicesOf([HEAD + LONG_HEAD + HEAD])).toEqual([HEAD, LONG_HEAD, HEAD]);
  });

  it('accepts bare line feeds, and empty lines before a head', () => {
    const bare = 'GET / HTTP/1.1\nHost: x\n\n';
    expect(slicesOf([bare + bare])).toEqual([bare, bare]);
    expect(slicesOf([`\r\n\r\n${HEAD}${HEAD}`])).toEqual([`\r\n\r\n${HEAD}`, HEAD]);
  });

  it('never has the ends of two heads in a slice, wherever chunks are split', () => {
    const heads = fc.array(
      fc.constantFrom(
        HEAD,
        LONG_HEAD,
        LONG_HEAD.replaceAll('\r', ''),
        'GET / HTTP/1.1\n\n',
        'PUT / HTTP/1.1\r\n\r\n',
        `\r\n${HEAD}`,
      ),
      { minLength: 2, maxLength: 12 },
    );
    fc.assert(
      fc.property(heads, fc.array(fc.nat(400), { maxLength: 30 }), (list, cuts) => {
        const text = list.join('');
        const ends = list.map((_, n) => list.slice(0, n + 1).join('').length);
        const at = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])];
        at.sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, n) => text.slice(at[n], end));
        let from = 0;
        for (const slice of slicesOf(chunks)) {
          const to = from + slice.length;
          expect(ends.filter((end) => end > from && end <= to).length).toBeLessThanOrEqual(1);
          from = to;
        }
        expect(from).toBe(text.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('cuts a body of empty lines into few slices', () => {
    const { endOfSlice } = createHeadScanner();
    const body = Buffer.alloc(16_384, '\n');
    let slices = 0;
    for (let from = 0; from < body.length; slices += 1) from = endOfSlice(body, from, 'open');
    expect(slices).toBe(1_024);
  });
});
