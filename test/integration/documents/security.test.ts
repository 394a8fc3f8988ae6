import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { linkTargets } from '../../support/markdown.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const REQUIREMENTS = Array.from({ length: 64 }, (_, index) => `R${index + 1}`);
/** In characters: the reason, and what to do meanwhile. */
const MIN_REASON_LENGTH = 60;

interface Row {
  readonly id: string;
  readonly what: string;
  readonly heldBy: string;
  readonly shownBy: string;
}

const rows = [...read('docs/security.md').matchAll(/^\| (R\d+) \|(.*)\|$/gm)].map(
  ([, id = '', rest = '']): Row => {
    const [what = '', , heldBy = '', shownBy = ''] = rest.split(' | ').map((cell) => cell.trim());
    return { id, what, heldBy, shownBy };
  },
);

/** The tests that a cell names: a link to a file, a colon, and titles in typographic quotes. */
function testsIn(cell: string): readonly { readonly file: string; readonly title: string }[] {
  return [...cell.matchAll(/\]\(\.\.\/([^)#]+)\): ((?:“[^”]+”(?:, )?)+)/g)].flatMap(
    ([, file = '', titles = '']) =>
      [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
  );
}

function isTitleIn(file: string, title: string): boolean {
  const source = read(file);
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((literal) => source.includes(literal));
}

describe('docs/security.md', () => {
  it('has one row for each requirement, in order', () => {
    expect(rows.map(({ id }) => id)).toEqual(REQUIREMENTS);
  });

  describe.each(rows.map((row) => [row.id, row] as const))(
    '%s',
    (_id, { what, heldBy, shownBy }) => {
      const tests = testsIn(shownBy);

      it('says what holds', () => {
        expect(what.length).toBeGreaterThan(MIN_REASON_LENGTH / 2);
      });

      it('is held by code and shown by a test, or says why not and what to do', () => {
        expect(what).not.toBe('');
        if (tests.length > 0) {
          expect(linkTargets(heldBy).filter((path) => !path.startsWith('../src/'))).toEqual([]);
          expect(linkTargets(heldBy)).not.toHaveLength(0);
          return;
        }
        expect(shownBy).toMatch(/^\*\*(?:Not yet|By design):\*\* /);
        expect(shownBy.length).toBeGreaterThan(MIN_REASON_LENGTH);
      });

      it('names tests that exist', () => {
        expect(tests.filter(({ file, title }) => !isTitleIn(file, title))).toEqual([]);
        const named = new Set(tests.map(({ file }) => `../${file}`));
        const linked = linkTargets(shownBy).filter((path) => path.endsWith('.ts'));
        expect(linked.filter((path) => !named.has(path))).toEqual([]);
      });
    },
  );

  it.each(['SECURITY.md', 'docs/README.md', 'docs/how-and-why/architecture.md'])(
    'is linked from %s',
    (path) => {
      const targets = linkTargets(read(path)).map((target) => target.split('#')[0]);
      expect(targets.some((target) => /(?:^|\/)security\.md$/.test(target ?? ''))).toBe(true);
    },
  );
});
