import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { type Kind, type Parsed, text } from './kinds.ts';

/** RFC 1035 §2.3.4, and the final dot of an absolute name. */
const NAME_MAX_LENGTH = 253;
/**
 * Resolvers look up any label of letters, digits, hyphens and underscores. Two hyphens in position 3 and 4, which RFC
 * 5891 reserves, exist in names of content networks.
 */
const NAME = /^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/;
const DOTTED_NUMBERS = /^[0-9]+(?:\.[0-9]+){3}$/;

/** Says how a text is more or less than a host, as a clause. */
function whatElse(input: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(input)) return 'has a scheme';
  if (input.includes(',')) return 'names several hosts';
  if (/^\[.*\]$/.test(input)) return 'has brackets';
  if (/^(\[.*\]|[^:]*):[0-9]*$/.test(input)) return 'has a port';
  if (input.includes('@')) return 'has a user';
  if (input.includes('/')) return 'has a path';
  if (/\s/.test(input)) return 'has white space';
  return 'is not a host name or an address';
}

/** A name or an address without brackets; names with other letters become A-labels, which certificates carry. */
function parseHost(input: string): Parsed<string> {
  if (isIP(input) !== 0) return { value: input };
  if (DOTTED_NUMBERS.test(input)) return { wrong: 'is not an IPv4 address' };
  // The function also maps characters such as `/` of full width, so its result is checked.
  const name = /^[\x21-\x7e]*$/.test(input) ? input : domainToASCII(input);
  if (!NAME.test(name)) return { wrong: whatElse(input) };
  if (name.replace(/\.$/, '').length > NAME_MAX_LENGTH) return { wrong: 'is too long' };
  return { value: name };
}

function hostKind(
  parse: (input: string) => Parsed<string>,
  label: string,
  expected: string,
  pattern: string,
): Kind<string, ''> {
  const plain = text();
  const check = (input: string): Parsed<string> => {
    const checked = plain.parseText(input);
    return 'wrong' in checked ? checked : parse(checked.value);
  };
  return {
    ...plain,
    label,
    expected,
    jsonSchema: { type: 'string', minLength: 1, pattern },
    parseText: check,
    parseYaml: (value) => {
      const checked = plain.parseYaml(value);
      return 'wrong' in checked ? checked : parse(checked.value);
    },
  };
}

/** Neither a scheme, a port, brackets nor a list; the parser also checks the form of names. */
const HOST_PATTERN = String.raw`[^\s/,@:\[\]]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[^\s/]+)?`;

/** A host name or an IP address: no scheme, no port, no brackets. */
export function host(): Kind<string, ''> {
  return hostKind(
    parseHost,
    'host',
    'a host name or an IP address, without scheme, port and brackets',
    `^(${HOST_PATTERN})$`,
  );
}

/** A host, or the absolute path of the folder of a Unix socket. */
export function hostOrSocketFolder(): Kind<string, ''> {
  return hostKind(
    (input) => (input.startsWith('/') ? { value: input } : parseHost(input)),
    'host or path',
    'one host name or IP address, without scheme, port and brackets, or the absolute path of a folder',
    `^(/.*|${HOST_PATTERN})$`,
  );
}

const MAILBOX_ATOM = "[!#-'*+./0-9=?A-Z^-~-]+";
const MAILBOX_MAX_LENGTH = 254;
const MAILBOX = new RegExp(
  `^(?:[^<>]*<(?<named>${MAILBOX_ATOM}@${MAILBOX_ATOM})>|(?<bare>${MAILBOX_ATOM}@${MAILBOX_ATOM}))$`,
);

/** A sender: `address` or `name <address>` with an address of ASCII. */
export function mailbox(): Kind<string, ''> {
  return hostKind(
    (input) => {
      const groups = MAILBOX.exec(input)?.groups;
      const address = groups?.named ?? groups?.bare;
      if (address !== undefined) {
        return address.length > MAILBOX_MAX_LENGTH ? { wrong: 'is too long' } : { value: input };
      }
      const ascii = /^[^<>]*<[ -~]*>$|^[ -~]*$/.test(input);
      return { wrong: ascii ? 'has the wrong form' : 'has an address that is not ASCII' };
    },
    'mailbox',
    'a mailbox such as `Accounts <accounts@example.com>`, its domain in ASCII (xn--…)',
    '^([^<>]*<[!-~]+@[!-~]+>|[!-;=?-~]+@[!-;=?-~]+)$',
  );
}
