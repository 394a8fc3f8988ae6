/** A connection URI as libpq divides it; nothing is decoded, and a part that is absent is undefined. */
export interface LibpqUri {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Hosts and their ports; both may be empty. IPv6 addresses have no brackets here. */
  readonly addresses: readonly { readonly host: string; readonly port: string }[];
  readonly dbname?: string | undefined;
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}

type Result<T> = T | { readonly wrong: string };

/** Names as libpq, other drivers and providers spell them; other text may be a piece of a password. */
const PARAMETER_NAME = /^[A-Za-z_]{2,40}$/;

/** The name of a parameter for a message. */
export function showParameter(name: string): string {
  return PARAMETER_NAME.test(name) ? `the parameter ${name}` : 'a parameter with an unusual name';
}

/**
 * Divides a URI by libpq's own grammar (PostgreSQL manual, "Connection URIs"; `conninfo_uri_parse_options`), which is
 * not that of web URLs: the host may be empty, several hosts may follow each other, a password may contain `?` or `#`,
 * and `+` is a plus sign.
 * @returns the parts, or a clause that says what is wrong and repeats no value
 */
export function parseLibpqUri(text: string): Result<LibpqUri> {
  const scheme = /^postgres(?:ql)?:\/\//.exec(text)?.[0];
  if (scheme === undefined) return { wrong: 'does not begin with postgresql://' };
  const { credentials, rest } = splitCredentials(text.slice(scheme.length));
  const addresses: { host: string; port: string }[] = [];
  let position = 0;
  for (;;) {
    const address = readAddress(rest, position);
    if ('wrong' in address) return address;
    addresses.push({ host: address.host, port: address.port });
    position = address.end;
    if (rest[position] !== ',') break;
    position += 1;
  }
  const query = rest.indexOf('?', position);
  const pathEnd = query === -1 ? rest.length : query;
  const parameters = query === -1 ? [] : readParameters(rest.slice(query + 1));
  if ('wrong' in parameters) return parameters;
  return {
    ...credentials,
    addresses,
    dbname: rest.slice(position + 1, pathEnd) || undefined,
    parameters,
  };
}

/** Credentials end at the first `@`, if it comes before a slash. */
function splitCredentials(text: string) {
  const end = text.search(/[@/]/);
  if (end === -1 || text[end] !== '@') return { credentials: {}, rest: text };
  const pair = text.slice(0, end);
  const colon = pair.indexOf(':');
  const user = colon === -1 ? pair : pair.slice(0, colon);
  const password = colon === -1 ? '' : pair.slice(colon + 1);
  return {
    credentials: { user: user || undefined, password: password || undefined },
    rest: text.slice(end + 1),
  };
}

function readAddress(
  text: string,
  start: number,
): Result<{ host: string; port: string; end: number }> {
  let hostStart = start;
  let end: number;
  if (text[start] === '[') {
    hostStart = start + 1;
    const close = text.indexOf(']', hostStart);
    if (close === -1) return { wrong: 'has a [ without its ]' };
    if (close === hostStart) return { wrong: 'has brackets without an address' };
    end = close + 1;
    if (end < text.length && !':/?,'.includes(text[end] ?? '')) {
      return { wrong: 'has text after the ] of an address' };
    }
  } else {
    end = nextOf(text, start, /[:/?,]/g);
  }
  const host = text.slice(hostStart, end).replace(/\]$/, '');
  if (text[end] !== ':') return { host, port: '', end };
  const portEnd = nextOf(text, end + 1, /[/?,]/g);
  return { host, port: text.slice(end + 1, portEnd), end: portEnd };
}

/** The place of the next match, or the end of the text. */
function nextOf(text: string, start: number, pattern: RegExp): number {
  pattern.lastIndex = start;
  return pattern.exec(text)?.index ?? text.length;
}

function readParameters(query: string): Result<{ name: string; value: string }[]> {
  if (query === '') return [];
  const parameters: { name: string; value: string }[] = [];
  for (const part of query.split('&')) {
    const [name = '', value, ...others] = part.split('=');
    if (value === undefined) return { wrong: 'has a parameter without a value' };
    if (others.length > 0) return { wrong: `has an = in the value of ${showParameter(name)}` };
    parameters.push({ name, value });
  }
  return parameters;
}
