import { toASCII } from 'tr46';
import { InvalidValue } from '../errors.ts';

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

/** RFC 5322 §3.2.3 dot-atom. Quoted local parts are rejected: they are rare, and parsers disagree about them. */
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/**
 * Labels as resolvers look them up, at least two, the last one without underscores and not a number (that would be an
 * IP address). A hyphen is not first or last; two in position 3 and 4 exist in names that are no A-labels.
 */
const DOMAIN =
  /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Parses an address into its canonical form: an ASCII local part in lower case, and the domain as UTS 46 A-labels.
 * Plus tags and dots stay, since only the receiving host knows what they mean. White space around the address is
 * dropped: keyboards of phones and copied cells add it.
 *
 * The local part is checked to be ASCII *before* it is lower-cased: `'\u212A'.toLowerCase()` is `'k'`, and an address
 * that only looks like its owner's after case folding would otherwise reach the owner's account.
 * @throws InvalidValue
 */
export function parseEmailAddress(sent: string): EmailAddress {
  if (sent.length > INPUT_MAX_LENGTH) throw invalid();
  const input = sent.trim();
  const at = input.lastIndexOf('@');
  if (at < 1 || at === input.length - 1) throw invalid();
  if (/\s/.test(input)) {
    throw new InvalidValue('email_white_space', 'Must have no white space inside.');
  }
  const local = input.slice(0, at);
  if (!LOCAL_PART.test(local)) {
    throw new InvalidValue(
      'email_local_part',
      "The part before @ must be unquoted ASCII letters, digits and !#$%&'*+/=?^_`{|}~-, with single dots inside.",
    );
  }
  if (local.length > LOCAL_PART_MAX_BYTES) {
    throw new InvalidValue(
      'email_too_long',
      `The part before @ must have at most ${LOCAL_PART_MAX_BYTES} bytes.`,
    );
  }
  const domain = domainToAscii(input.slice(at + 1));
  if (domain === null || !DOMAIN.test(domain)) {
    throw new InvalidValue(
      'email_domain',
      'The part after @ must be a domain name with at least two labels.',
    );
  }
  const canonical = `${local.toLowerCase()}@${domain}`;
  if (canonical.length > EMAIL_MAX_BYTES) {
    throw new InvalidValue(
      'email_too_long',
      `Must have at most ${EMAIL_MAX_BYTES} bytes with the domain as A-labels.`,
    );
  }
  return canonical as EmailAddress;
}

/** @returns the domain as A-labels, or null when it is not a domain */
function domainToAscii(domain: string): string | null {
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
