import type { Culture, SpelledName } from './culture.ts';
import type { Random } from './random.ts';

/** A label of the greatest length that DNS allows, 63 octets. */
export const LONGEST_LABEL = 'the-longest-label-that-the-domain-name-system-will-carry-is-63x';

const PLAIN_DOMAINS: readonly string[] = [
  ...'example.com example.com example.com example.org example.org example.net example.net'.split(
    ' ',
  ),
  ...'mail.example.com mail.example.org post.example.net staff.eu.example.com students.maths.example.org'.split(
    ' ',
  ),
  ...'a.b.c.d.e.example.net x.example acme.example school.example co-op.example 4th-floor.example.com'.split(
    ' ',
  ),
  ...'mx1.lab.test inbox.test library.test 123.example'.split(' '),
  `${LONGEST_LABEL}.example.com`,
  `mail.${LONGEST_LABEL}.example`,
];
const TAGS = ['news', 'shop', '2024', 'work', 'list.a', 'no-spam', 'b_1', 'travel'] as const;

function localPart(random: Random, first: string, last: string): string {
  const digits = String(random.below(100));
  const shapes = [
    `${first}.${last}`,
    `${first}.${last}`,
    `${first}.${last}`,
    `${first}${last}`,
    `${first.charAt(0)}.${last}`,
    `${first}_${last}`,
    `${first}-${last}`,
    `${last}.${first}`,
    `${first}${digits}`,
    `${first}.${last}${digits}`,
    `${last}${digits}.${first.charAt(0)}`,
    `${first}.${last}+${random.pick(TAGS)}`,
  ];
  return random.pick(shapes);
}

function withCase(random: Random, address: string): string {
  if (!random.chance(0.07)) return address;
  const style = random.below(3);
  if (style === 0) return address.replace(/(^|[.@])[a-z]/g, (start) => start.toUpperCase());
  // Letters beyond ASCII stay: upper-casing ß or ı would name another domain.
  if (style === 1)
    return address.replace(/@.*/u, (domain) =>
      domain.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
    );
  return address.replace(/^[^@]*/, (local) => local.toUpperCase());
}

/** One key for every spelling of an address. It covers the addresses generated here; the service has the full rule. */
export function addressKey(address: string): string {
  return address.toLowerCase().normalize('NFC');
}

/** Generates an address under a domain that RFC 2606 reserves, and adds it to `taken`. */
export function makeEmail(
  random: Random,
  culture: Culture,
  first: SpelledName,
  last: SpelledName,
  taken: Set<string>,
): string {
  const international = culture.domains !== undefined && random.chance(0.2);
  const domain = random.pick(international && culture.domains ? culture.domains : PLAIN_DOMAINS);
  const local = localPart(random, first.ascii, last.ascii).slice(0, 60);
  let address = `${local}@${domain}`;
  for (let suffix = 2; taken.has(addressKey(address)); suffix += 1) {
    const [name = '', tag] = local.split('+');
    address = `${name}${suffix}${tag === undefined ? '' : `+${tag}`}@${domain}`;
  }
  taken.add(addressKey(address));
  return withCase(random, address);
}
