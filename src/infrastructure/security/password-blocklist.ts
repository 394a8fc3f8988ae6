import { createRequire } from 'node:module';
import type { PasswordBlocklist } from '../../domain/user/password.ts';

/** Smallest allowed `password.min_length`; the length rule already rejects shorter passwords. */
const SHORTEST_ALLOWED_PASSWORD = 8;
/** Fewest entries that ASVS 6.2.4 accepts; loading fails if the package shrinks below it. */
const FEWEST_ENTRIES = 3_000;

const packages = createRequire(import.meta.url);

/** A blocklist that is read from disk at its first use. */
export interface LazyPasswordBlocklist extends PasswordBlocklist {
  /** Reads the list now, in about 25 ms, so that the first registration does not wait for it. */
  warm(): void;
  /** Number of passwords. Reads the list. */
  size(): number;
}

/**
 * The most often leaked passwords: about 18,000 of at least 8 characters, from the word list in
 * `@zxcvbn-ts/language-common`, without network access. Compared in lower case and NFC.
 */
export function loadPasswordBlocklist(): LazyPasswordBlocklist {
  let loaded: ReadonlySet<string> | undefined;
  const entries = (): ReadonlySet<string> => {
    loaded ??= readEntries();
    return loaded;
  };
  return {
    has: (lowerCased) => entries().has(normalise(lowerCased)),
    warm: () => void entries(),
    size: () => entries().size,
  };
}

function readEntries(): ReadonlySet<string> {
  const { dictionary } = packages(
    '@zxcvbn-ts/language-common',
  ) as typeof import('@zxcvbn-ts/language-common');
  const entries = new Set<string>();
  for (const password of dictionary['passwords-common']) {
    if (password.length >= SHORTEST_ALLOWED_PASSWORD) entries.add(normalise(password));
  }
  if (entries.size < FEWEST_ENTRIES) {
    throw new Error(`the password blocklist has only ${entries.size} entries`);
  }
  return entries;
}

function normalise(password: string): string {
  return password.toLowerCase().normalize('NFC');
}
