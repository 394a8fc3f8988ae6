import { isIP } from 'node:net';
import { PROFILE_FIELD_NAMES, type ProfileField } from '../domain/user/profile-fields.ts';
import { type JsonSchema, type Kind, type Parsed, shared } from './kinds.ts';

interface Described {
  readonly label: string;
  readonly expected: string;
  readonly schema: JsonSchema;
}

const MAX_LIST_ITEMS = 256;

/** A YAML list or comma-separated text; every item must pass `isItem`. */
function listOf(item: Described, isItem: (text: string) => boolean): Kind<readonly string[], ''> {
  const check = (items: readonly string[]): Parsed<readonly string[]> => {
    if (items.length > MAX_LIST_ITEMS) return { wrong: `has more than ${MAX_LIST_ITEMS} items` };
    const wrong = items.findIndex((candidate) => !isItem(candidate));
    if (wrong >= 0) return { wrong: `has a wrong item (number ${wrong + 1})` };
    return { value: Object.freeze([...items]) };
  };
  return {
    ...shared,
    label: item.label,
    expected: item.expected,
    echo: false,
    jsonSchema: { type: 'array', maxItems: MAX_LIST_ITEMS, items: item.schema },
    parseText: (input) => check(input.split(',').map((part) => part.trim())),
    parseYaml: (value) =>
      Array.isArray(value) && value.every((part): part is string => typeof part === 'string')
        ? check(value)
        : { wrong: 'is not a list of texts' },
    format: (value) => value,
  };
}

/** True for an address, or an address with a prefix length that fits it. */
function isCidr(input: string): boolean {
  const [address = '', prefix, ...rest] = input.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^(0|[1-9][0-9]{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** Networks in CIDR notation; an address without prefix length is one host. */
export function cidrList(): Kind<readonly string[], ''> {
  return listOf(
    {
      label: 'list of CIDR',
      expected: 'a list of networks such as 10.0.0.0/8 or fd00::/8',
      schema: { type: 'string', pattern: '^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$' },
    },
    isCidr,
  );
}

/** Schemes whose pages have the origin `null`, or that are not of pages. */
const NO_ORIGIN: ReadonlySet<string> = new Set(
  'about blob data file filesystem ftp javascript mailto ws wss'.split(' '),
);
/** Pages of apps and extensions: `capacitor://localhost`, `chrome-extension://<id>`. */
const APP_ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/[A-Za-z0-9._-]+(?::[1-9][0-9]{0,4})?$/;

function isOrigin(input: string): boolean {
  if (/^https?:/.test(input)) return URL.canParse(input) && new URL(input).origin === input;
  const scheme = APP_ORIGIN.exec(input)?.[1];
  return scheme !== undefined && !NO_ORIGIN.has(scheme) && URL.canParse(input);
}

/** Origins exactly as browsers and web views send them in `Origin` (RFC 6454 section 6.2). */
export function originList(): Kind<readonly string[], ''> {
  return listOf(
    {
      label: 'list of origins',
      expected:
        'a list of origins such as https://app.example.com or capacitor://localhost, with the scheme in lower case, without a path',
      schema: { type: 'string', pattern: '^[a-z][a-z0-9+.-]*://[^/?#@]+$' },
    },
    isOrigin,
  );
}

const AUTHORITY = String.raw`(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)`;

function isAddress(input: string, pattern: RegExp): boolean {
  const match = pattern.exec(input);
  if (match === null) return false;
  const given = match.groups?.port;
  return given === undefined || (Number(given) >= 1 && Number(given) <= 65_535);
}

/** Server addresses `host:port`; the host may be an IPv6 address in brackets. */
export function addressList(): Kind<readonly string[], ''> {
  const source = `^${AUTHORITY}:(?<port>[0-9]{1,5})$`;
  return listOf(
    {
      label: 'list of host:port',
      expected: 'a list of addresses such as 10.0.0.5:26379',
      schema: { type: 'string', pattern: source },
    },
    (input) => isAddress(input, new RegExp(source)),
  );
}

/** NATS server addresses, with or without `nats://` or `tls://`, and never with credentials. */
export function natsServerList(): Kind<readonly string[], ''> {
  const source = `^((nats|tls)://)?${AUTHORITY}(:(?<port>[0-9]{1,5}))?$`;
  return listOf(
    {
      label: 'list of NATS servers',
      expected: 'a list such as nats://10.0.0.5:4222 (credentials go in nats.user, nats.token …)',
      schema: { type: 'string', pattern: source },
    },
    (input) => isAddress(input, new RegExp(source)),
  );
}

/** True if the address of a NATS server asks for TLS. */
export function isTlsAddress(address: string): boolean {
  return address.startsWith('tls://');
}

/** Literal subject tokens, none of which starts with `$`. */
const SUBJECT_PREFIX = '[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*';
/** First tokens of the service's own subjects. A reply must never go there. */
const OWN_SUBJECTS = ['users', 'tokens'];
const MAX_PREFIX_LENGTH = 128;

/** True for a prefix under which only inboxes are: no wildcard, no subject of NATS itself or of the service. */
function isInboxPrefix(input: string): boolean {
  const [first = ''] = input.split('.');
  return (
    input.length <= MAX_PREFIX_LENGTH &&
    new RegExp(`^${SUBJECT_PREFIX}$`).test(input) &&
    !OWN_SUBJECTS.includes(first)
  );
}

const INBOX_PREFIX_RULE =
  'letters, digits, `_` and `-` in tokens separated by dots, not under `users` or `tokens`';
const INBOX_PREFIX_SCHEMA = {
  type: 'string',
  maxLength: MAX_PREFIX_LENGTH,
  pattern: `^(?!(${OWN_SUBJECTS.join('|')})([.]|$))${SUBJECT_PREFIX}$`,
} as const;

/** Prefixes of NATS inboxes. */
export function inboxPrefixList(): Kind<readonly string[], ''> {
  return listOf(
    {
      label: 'list of subject prefixes',
      expected: `a list such as _INBOX,_INBOX_billing: ${INBOX_PREFIX_RULE}`,
      schema: INBOX_PREFIX_SCHEMA,
    },
    isInboxPrefix,
  );
}

/** A token (RFC 9110 §5.6.2), and not `*`: for a request with `Authorization` it allows nothing (Fetch standard). */
const HEADER_NAME = "^(?![*]$)[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$";

/** Names of header fields. */
export function headerNameList(): Kind<readonly string[], ''> {
  return listOf(
    {
      label: 'list of headers',
      expected: 'a list of header names such as traceparent,x-datadog-trace-id',
      schema: { type: 'string', pattern: HEADER_NAME },
    },
    (input) => new RegExp(HEADER_NAME).test(input),
  );
}

const AUDIENCE = '^[^\\s,"\\\\]{1,200}$';
/** Bounds what a request for an audience is compared with. */
const MAX_AUDIENCES = 50;

/** Audiences of access tokens, without repetition. A single one may stand without a list. */
export function audienceList(): Kind<readonly string[], ''> {
  const item = {
    label: 'list of audiences',
    expected: `a list of 1 to ${MAX_AUDIENCES} different names such as user-service,https://billing.example.com, without white space`,
    schema: { type: 'string', pattern: AUDIENCE },
  };
  const list = listOf(item, (input) => new RegExp(AUDIENCE).test(input));
  const check = (parsed: Parsed<readonly string[]>): Parsed<readonly string[]> => {
    if (!('value' in parsed)) return parsed;
    const { length } = parsed.value;
    if (length === 0) return { wrong: 'is empty' };
    if (length > MAX_AUDIENCES) return { wrong: `has more than ${MAX_AUDIENCES} items` };
    if (new Set(parsed.value).size < length) return { wrong: 'has an item twice' };
    return parsed;
  };
  return {
    ...list,
    jsonSchema: {
      anyOf: [
        item.schema,
        {
          type: 'array',
          minItems: 1,
          maxItems: MAX_AUDIENCES,
          uniqueItems: true,
          items: item.schema,
        },
      ],
    },
    parseText: (input) => check(list.parseText(input)),
    parseYaml: (value) =>
      check(typeof value === 'string' ? list.parseText(value) : list.parseYaml(value)),
  };
}

/** What an event never carries, whatever is configured; a message says so instead of calling it unknown. */
const NEVER_INCLUDED = ['password', 'current_password', 'new_password', 'password_hash'];

/** Names of profile fields, each once. */
export function profileFieldList(): Kind<readonly ProfileField[], ''> {
  const item = {
    label: 'list of profile fields',
    expected: `a list of fields among ${PROFILE_FIELD_NAMES.join(', ')}`,
    schema: { type: 'string', enum: PROFILE_FIELD_NAMES },
  };
  const list = listOf(item, () => true);
  const check = (parsed: Parsed<readonly string[]>): Parsed<readonly ProfileField[]> => {
    if (!('value' in parsed)) return parsed;
    const names = parsed.value.filter((name) => name !== '');
    const wrong = names.find((name) => !PROFILE_FIELD_NAMES.some((field) => field === name));
    if (wrong !== undefined) return { wrong: whyNotIncluded(wrong) };
    if (new Set(names).size < names.length) return { wrong: 'has a field twice' };
    return { value: Object.freeze(names as readonly ProfileField[]) };
  };
  return {
    ...list,
    jsonSchema: { type: 'array', uniqueItems: true, items: item.schema },
    parseText: (input) => check(list.parseText(input)),
    parseYaml: (value) => check(list.parseYaml(value)),
    format: (value) => value,
  };
}

/** Repeats a name only if it has the form of a field. */
function whyNotIncluded(name: string): string {
  if (NEVER_INCLUDED.includes(name)) return `has ${name}, which no event carries`;
  const shown = /^[a-z_]{1,32}$/.test(name) ? name : 'a name';
  return `has ${shown}, which is not a profile field`;
}
