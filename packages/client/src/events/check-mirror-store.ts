import type { MirrorSession, MirrorStore, UserRow } from './mirror-store.ts';

/** Ids in their order. */
const [A, B, C] = [1, 2, 3].map((n) => `0198c0de-0000-7000-8000-00000000000${n}`) as [
  string,
  string,
  string,
];

/**
 * Checks that a store keeps the rules of `MirrorStore`, for tests of your own implementation. The store must be empty,
 * and is not empty afterwards.
 * @param open - creates a store on the same copy at each call, as a restarted process does
 * @param row - a valid row with the fields of the store; `text` makes rows of one id differ
 * @throws Error that names the broken rule
 */
export async function checkMirrorStore(
  open: () => MirrorStore | Promise<MirrorStore>,
  row: (id: string, version: number, text: string) => UserRow = (id, version, text) => ({
    ...{ id, version, email: `${text}@example.com`, first_name: text, last_name: text },
    status: 'active',
  }),
): Promise<void> {
  async function use<T>(work: (session: MirrorSession) => Promise<T>): Promise<T> {
    const session = await (await open()).open(new AbortController().signal);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
  const rows = () => use((session) => session.list(null, 10));

  await use(async (session) => {
    check('an empty store has no position', await session.position(), null);
    check('an empty store has no rows', await session.list(null, 10), []);
    await session.apply({ rows: [row(B, 2, 'b'), row(A, 1, 'a')], deleted: [], position: '7-0' });
    check('find returns the rows that exist', await session.find([A, C]), [row(A, 1, 'a')]);
    await session.apply({ rows: [], deleted: [], position: null });
  });
  await use(async (session) => {
    check('the position lasts, and null leaves it', await session.position(), '7-0');
    check('rows last, sorted by id', await session.list(null, 10), [
      row(A, 1, 'a'),
      row(B, 2, 'b'),
    ]);
    check('list goes on after an id', await session.list(A, 1), [row(B, 2, 'b')]);
    check('list has the limit', await session.list(null, 1), [row(A, 1, 'a')]);
    await session.apply({
      ...{ rows: [row(B, 1, 'changed'), row(C, 4, 'c')], deleted: [A], position: '8-0' },
    });
    check('a change replaces, inserts and deletes', await session.list(null, 10), [
      ...[row(B, 1, 'changed'), row(C, 4, 'c')],
    ]);
    check('a change sets the position', await session.position(), '8-0');
  });

  const cutOff = new Error('cut off');
  await fails('a fill whose pages fail', cutOff, (session) =>
    session.replaceAll(
      (async function* () {
        yield [row(A, 9, 'partial')];
        throw cutOff;
      })(),
      () => '9-0',
    ),
  );
  await fails('a fill without a position', cutOff, (session) =>
    session.replaceAll(pagesOf([row(A, 9, 'partial')]), () => {
      throw cutOff;
    }),
  );
  const before = [row(B, 1, 'changed'), row(C, 4, 'c')];
  check('a failed fill changes nothing', await rows(), before);
  check('a failed fill keeps the position', await use((session) => session.position()), '8-0');

  await use(async (session) => {
    await session.forgetPosition();
    check('a forgotten position is null', await session.position(), null);
    check('the rows stay without a position', await session.list(null, 10), before);
    await session.replaceAll(pagesOf([row(A, 1, 'a')], [row(C, 3, 'older')]), () => '9-0');
  });
  check('a fill replaces all rows, whatever their versions', await rows(), [
    ...[row(A, 1, 'a'), row(C, 3, 'older')],
  ]);
  check('a fill sets the position', await use((session) => session.position()), '9-0');

  async function fails(
    what: string,
    reason: Error,
    work: (session: MirrorSession) => Promise<void>,
  ): Promise<void> {
    const result = await use((session) => work(session)).catch((error: unknown) => error);
    if (result !== reason) throw new Error(`${what} must throw their error, got ${String(result)}`);
  }
}

async function* pagesOf(...pages: readonly (readonly UserRow[])[]) {
  yield* pages;
}

/** Compares values as JSON, members in any order. */
function check(rule: string, actual: unknown, expected: unknown): void {
  const [found, wanted] = [JSON.stringify(sorted(actual)), JSON.stringify(sorted(expected))];
  if (found !== wanted) throw new Error(`${rule}: expected ${wanted}, got ${found}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
