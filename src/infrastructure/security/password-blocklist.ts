import { createRequire } from 'node:module';
import type { PasswordBlocklist } from '../../domain/user/password.ts';

/** The floor of `password.min_length`: shorter entries refuse nothing that the length rule lets through. */
const SHORTEST_ALLOWED_PASSWORD = 8;
/** Fewest entries that ASVS 6.2.4 accepts; a package that shrank below it must not pass unseen. */
const FEWEST_ENTRIES = 3_000;

const packages = createRequire(import.meta.url);

/** A blocklist that is read from disk when it is first needed. */
export interface LazyPasswordBlocklist extends PasswordBlocklist {
  /** Reads it now: some 25 ms, better spent after the service is ready than in the first registration. */
  warm(): void;
  /** How many passwords it holds. Reads it. */
  size(): number;
}

/**
 * The passwords that leaked most often, about 18,000 of at least 8 characters, from the word list that ships with
 * `@zxcvbn-ts/language-common`: no network and no other server is involved. Compared in lower case and NFC.
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
    throw new Error(`the password blocklist has ${entries.size} entries only`);
  }
  return entries;
}

function normalise(password: string): string {
  return password.toLowerCase().normalize('NFC');
}
