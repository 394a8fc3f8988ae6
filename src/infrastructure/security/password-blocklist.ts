import { createRequire } from 'node:module';
import type { PasswordBlocklist } from '../../domain/user/password-guesses.ts';

/** Fewest entries that ASVS 6.2.4 accepts; loading fails if the package shrinks below it. */
const FEWEST_ENTRIES = 3_000;
/**
 * Passwords that documents of this service have shown, without blanks. Readers copy them, and attackers read the same
 * documents.
 */
const DOCUMENTED = [
  'correcthorsebatterystaple',
  'quietottersingsatdawn42',
  'alongenoughpassphrase',
];

/** The keyboards whose walks attackers try. */
const KEYBOARDS = ['qwerty', 'qwertz', 'azerty'] as const;

const LISTS = './password-lists.cjs';

/** A blocklist that is read from disk at its first use. */
export interface LazyPasswordBlocklist extends PasswordBlocklist {
  /** Reads the list now, in about 30 ms, so that the first registration does not wait for it. */
  warm(): void;
  /** Number of passwords. Reads the list. */
  size(): number;
}

interface Data {
  readonly ranks: ReadonlyMap<string, number>;
  /** Directions between neighbouring keys, by their characters as one text. */
  readonly directions: ReadonlyMap<string, number>;
}

/**
 * The most often leaked passwords in the order of their frequency, about 49,000, and the neighbours on common keyboards,
 * from `@zxcvbn-ts/language-common`, without network access. Takes about 5 MB of memory. Compared in lower case and NFC.
 */
export function loadPasswordBlocklist(): LazyPasswordBlocklist {
  let loaded: Data | undefined;
  const data = (): Data => {
    loaded ??= readData();
    return loaded;
  };
  return {
    rankOf: (lowerCased) => data().ranks.get(lowerCased) ?? null,
    directionOf: (one, other) => data().directions.get(one + other) ?? null,
    warm: () => void data(),
    size: () => data().ranks.size,
  };
}

function readData(): Data {
  const require = createRequire(import.meta.url);
  const { dictionary, adjacencyGraphs } = require(
    LISTS,
  ) as typeof import('@zxcvbn-ts/language-common');
  // The lists are copied here: the module and its megabyte may go.
  delete require.cache[require.resolve(LISTS)];
  const ranks = new Map(DOCUMENTED.map((password) => [password, 1]));
  for (const [index, password] of dictionary['passwords-common'].entries()) {
    const normalised = password.toLowerCase().normalize('NFC');
    if (!ranks.has(normalised)) ranks.set(normalised, index + 1);
  }
  if (ranks.size < FEWEST_ENTRIES) {
    throw new Error(`the password blocklist has only ${ranks.size} entries`);
  }
  return { ranks, directions: readDirections(KEYBOARDS.map((name) => adjacencyGraphs[name])) };
}

type AdjacencyGraph = Readonly<Record<string, readonly (string | null)[]>>;

/**
 * A graph lists for each character the keys around it, in the same order everywhere, each with all characters of that
 * key. Where keyboards differ, the first one counts.
 */
function readDirections(graphs: readonly AdjacencyGraph[]): ReadonlyMap<string, number> {
  const directions = new Map<string, number>();
  for (const graph of graphs) {
    for (const [character, keys] of Object.entries(graph)) {
      for (const [direction, key] of keys.entries()) {
        for (const other of key ?? '') {
          const pair = (character + other).toLowerCase();
          if (!directions.has(pair)) directions.set(pair, direction);
        }
      }
    }
  }
  return directions;
}
