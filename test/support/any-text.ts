import fc from 'fast-check';

type Lengths = Pick<fc.StringConstraints, 'minLength' | 'maxLength'>;

const character = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0x2fff }),
    fc.integer({ min: 0x3000, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10_ffff }),
  )
  .map((codePoint) => String.fromCodePoint(codePoint));

/**
 * Any text of whole code points, often of ASCII. The unit `binary` of fast-check gives the same texts, but its table of
 * code points takes 2 s to make.
 */
export function anyText(lengths: Lengths = {}): fc.Arbitrary<string> {
  return fc.string({ unit: character, ...lengths });
}
