import { toASCII } from 'tr46';
import { InvalidValue } from '../errors.ts';
import type { RuleLevel } from './profile-rules.ts';

declare const emailAddress: unique symbol;
/** An e-mail address in canonical form, as it is stored, compared and used for mail. */
export type EmailAddress = string & { readonly [emailAddress]: true };

/** Longest canonical address in bytes (RFC 5321 §4.5.3.1.3: a path of 256 with its angle brackets). */
export const EMAIL_MAX_BYTES = 254;
/** Longest local part in bytes (RFC 5321 §4.5.3.1.1). */
const LOCAL_PART_MAX_BYTES = 64;
/** Longer inputs have no canonical form that fits; the limit bounds the cost of IDNA processing. */
const INPUT_MAX_LENGTH = 512;

/**
 * Longest label of a domain after compatibility mapping, in UTF-16 units. An A-label has at most 63 bytes (RFC 1035
 * §2.3.4) and at least one for each character, but a label can be sent decomposed. One character can map to 18, and
 * Punycode (RFC 3492) costs the square of a label's length: the limit comes first.
 */
const MAPPED_LABEL_MAX_LENGTH = 128;

/** Without an A-label, which would have to be verified. */
const PLAIN_ASCII = /^(?!(?:.*\.)?xn--)[!-~]*$/i;
/** Longest domain in ASCII characters, without the dot of the root (RFC 1035 §2.3.4). */
const DOMAIN_MAX_LENGTH = 253;

/** The DNS root, and the characters that UTS 46 maps to a dot. */
const FINAL_DOT = /[.\u3002\uFF0E\uFF61]$/u;

/** RFC 5322 §3.2.3 dot-atom. */
const DOT_ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/** A dot-atom, or dots anywhere: some providers have issued such addresses. */
const ATOMS_AND_DOTS = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+$/;
/**
 * RFC 5321 §4.1.2 quoted string, without white space, angle brackets and quoted pairs: mail programs disagree about
 * these.
 */
const QUOTED = /^"([!#-;=?-[\]-~]+)"$/;

/**
 * Labels as resolvers look them up, at least two, the last one without underscores and not a number (that would be an
 * IP address). A hyphen is not first or last; two in position 3 and 4 exist in names that are no A-labels.
 */
const DOMAIN =
  /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** One label is enough, and the last one may be a number. */
const ANY_HOST =
  /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
/** RFC 5321 §4.1.3, IPv4 only: an IPv6 address has many spellings. */
const ADDRESS_LITERAL =
  /^\[(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\]$/;

/** What the two parts of an address must be at one level of the rules. */
interface Rules {
  /** The canonical form before it is lower-cased, or null when it breaks the rules. */
  readonly local: (sent: string) => string | null;
  readonly localMessage: string;
  readonly domain: (sent: string) => string | null;
  readonly domainMessage: string;
}

const RULES: Readonly<Record<RuleLevel, Rules>> = {
  strict: {
    // Quoted local parts are rejected: they are rare, and parsers disagree about them.
    local: (sent) => (DOT_ATOM.test(sent) ? sent : null),
    localMessage:
      "The part before @ must be unquoted ASCII letters, digits and !#$%&'*+/=?^_`{|}~-, with single dots inside.",
    domain: (sent) => matching(DOMAIN, domainToAscii(sent)),
    domainMessage: 'The part after @ must be a domain name with at least two labels.',
  },
  permissive: {
    local: unquoteIfPossible,
    localMessage:
      "The part before @ must be ASCII letters, digits, dots and !#$%&'*+/=?^_`{|}~-, or printable ASCII without angle brackets and backslashes in double quotes.",
    domain: (sent) => (ADDRESS_LITERAL.test(sent) ? sent : matching(ANY_HOST, domainToAscii(sent))),
    domainMessage: 'The part after @ must be a host name, or an IPv4 address in square brackets.',
  },
};

/**
 * Parses an address into its canonical form: an ASCII local part in lower case, and the domain as UTS 46 A-labels,
 * without the final dot of the DNS root. Plus tags and dots stay, since only the receiving host knows what they mean.
 * White space around the address is dropped: keyboards of phones and copied cells add it.
 *
 * The local part is checked to be ASCII *before* it is lower-cased: `'\u212A'.toLowerCase()` is `'k'`, and an address
 * that only looks like its owner's after case folding would otherwise reach the owner's account.
 *
 * An address that is valid at the level `strict` has the same canonical form at `permissive`.
 * @throws InvalidValue
 */
export function parseEmailAddress(sent: string, level: RuleLevel): EmailAddress {
  const rules = RULES[level];
  if (sent.length > INPUT_MAX_LENGTH) throw invalid();
  const input = sent.trim();
  const at = input.lastIndexOf('@');
  if (at < 1 || at === input.length - 1) throw invalid();
  if (/\s/.test(input)) {
    throw new InvalidValue('email_white_space', 'Must have no white space inside.');
  }
  const local = rules.local(input.slice(0, at));
  if (local === null) throw new InvalidValue('email_local_part', rules.localMessage);
  if (local.length > LOCAL_PART_MAX_BYTES) {
    throw new InvalidValue(
      'email_too_long',
      `The part before @ must have at most ${LOCAL_PART_MAX_BYTES} bytes.`,
    );
  }
  const domain = rules.domain(input.slice(at + 1).replace(FINAL_DOT, ''));
  if (domain === null) throw new InvalidValue('email_domain', rules.domainMessage);
  const canonical = `${local.toLowerCase()}@${domain}`;
  if (canonical.length > EMAIL_MAX_BYTES) {
    throw new InvalidValue(
      'email_too_long',
      `Must have at most ${EMAIL_MAX_BYTES} bytes with the domain as A-labels.`,
    );
  }
  return canonical as EmailAddress;
}

/**
 * Spellings that a program with other rules may have stored for an address: with a final dot, and with quotes that are
 * not needed.
 */
export function spellingsOf(canonical: EmailAddress): readonly string[] {
  const at = canonical.lastIndexOf('@');
  const local = canonical.slice(0, at);
  const domain = canonical.slice(at + 1);
  const locals = local.startsWith('"') ? [local] : [local, `"${local}"`];
  return locals.flatMap((each) => [`${each}@${domain}`, `${each}@${domain}.`]);
}

/** A local part with and without quotes is the same mailbox (RFC 5321 §4.1.2). */
function unquoteIfPossible(sent: string): string | null {
  if (ATOMS_AND_DOTS.test(sent)) return sent;
  const content = QUOTED.exec(sent)?.[1];
  if (content === undefined) return null;
  return ATOMS_AND_DOTS.test(content) ? content : sent;
}

function matching(form: RegExp, domain: string | null): string | null {
  return domain !== null && form.test(domain) ? domain : null;
}

/** @returns the domain as A-labels, or null when it is not a domain */
function domainToAscii(domain: string): string | null {
  // UTS 46 only lower-cases it. Nearly all domains take this way, and the tables of UTS 46 are loaded at first use.
  if (PLAIN_ASCII.test(domain)) {
    return domain.length <= DOMAIN_MAX_LENGTH ? domain.toLowerCase() : null;
  }
  const labels = domain.normalize('NFKC').split(/[.\u3002]/u);
  if (labels.some((label) => label.length > MAPPED_LABEL_MAX_LENGTH)) return null;
  return toASCII(domain, {
    checkBidi: true,
    // As browsers do; `DOMAIN` rejects the hyphens and the other ASCII characters that no host name has.
    checkHyphens: false,
    checkJoiners: true,
    transitionalProcessing: false,
    useSTD3ASCIIRules: false,
    verifyDNSLength: true,
  });
}

function invalid(): InvalidValue {
  return new InvalidValue('email_invalid', 'Must be an e-mail address such as name@example.com.');
}
